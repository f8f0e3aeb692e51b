"""What a run made, for people: tables, pictures, pages."""
