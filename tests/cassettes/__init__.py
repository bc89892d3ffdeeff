"""What the API answered, recorded over real HTTP, and replayed through both clients."""
