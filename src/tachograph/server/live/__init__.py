"""The live stream: what came in, told as it comes, from the store and not from memory."""
