"""What is served in the browser: the review page."""
