"""How a comparison is told: in words, on a screen, as JSON, as Markdown, as a page."""
