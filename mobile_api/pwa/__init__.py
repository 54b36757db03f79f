"""The engineers' app: a page that is kept on the phone and works without a line."""
