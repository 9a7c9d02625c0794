"""What an adapter's files are called, as mlx_lm has them; nothing here imports the training libraries."""

WEIGHTS = "adapters.safetensors"
CONFIG = "adapter_config.json"
