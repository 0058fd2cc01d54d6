# %%
from dataclasses import dataclass, field
import json
import math


# %%
@dataclass
class Settings:
    learning_rate: float = 0.01
    batch_size: int = 32
    epochs: int = 3
    layers: list = field(default_factory=list)


# %%
settings = Settings(learning_rate=0.1, epochs=5)
paths = {"train": "train.csv", "valid": "valid.csv", "output": "out"}

# %%
steps = settings.epochs * 100
rate = settings.learning_rate / math.sqrt(settings.batch_size)

# %%
train_path = paths["train"]
valid_path = paths["valid"]
text = json.dumps(paths, indent=2)


# %%
def schedule(step, warmup=10, decay=0.9):
    return settings.learning_rate * decay ** max(0, step - warmup)


# %%
rates = [schedule(step, warmup=5) for step in range(20)]
slow = schedule(3, decay=0.5)
print(paths["output"], settings.batch_size)
again = json.loads(text)

# %%
again["train"]
math.floor(rate)
settings.layers.append(64)
wide = Settings(batch_size=128, layers=[1, 2])
