"""Read what a shop sends: parameters, amounts, money, and the errors that refuse them."""
