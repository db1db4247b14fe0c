"""JQL read closely enough to confine it: a lexer, a parser that writes every query anew, and the confinement."""
