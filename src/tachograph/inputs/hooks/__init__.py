"""What a plugin's hooks tell: uses of commands and skills, and what they counted over a whole session."""
