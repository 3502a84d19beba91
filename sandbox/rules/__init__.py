"""What the real service would decide, a module for each subject. Rules own their transactions; they know no HTTP."""
