"""Reading what a shop sent: parameters, amounts, money, and the errors that refuse them."""
