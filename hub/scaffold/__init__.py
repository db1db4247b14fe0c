"""What `hub new` writes: a connector that works, with the places marked where the real service comes in."""
