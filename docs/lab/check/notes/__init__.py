"""What Markdown pages say, held against the repository: see check-notes and check-names."""
