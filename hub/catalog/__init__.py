"""What the hub offers: namespaced tools, resource templates and prompts, and who may see them."""
