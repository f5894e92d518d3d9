"""Windows of real browsers that Playwright doesn't drive, by their standard protocols."""
