# %%
import numpy as np

# %%
rng = np.random.default_rng(0)
samples = rng.normal(size=(100, 3))

# %%
samples.shape
samples.mean(axis=0)
centred = samples - samples.mean(axis=0)

# %%
covariance = np.cov(centred, rowvar=False)
values, vectors = np.linalg.eigh(covariance)

# %%
order = np.argsort(values)[::-1]
scores = centred @ vectors[:, order]
scores.std(axis=0)

# %%
grid = np.linspace(0, 1, 50)
wave = np.sin(2 * np.pi * grid)
mask = np.abs(wave) > 0.5

# %%
wave[mask].sum()
noise = rng.uniform(-1, 1, size=grid.size)
signal = np.where(mask, wave, 0.0)
spectrum = np.fft.rfft(wave + noise)

# %%
power = np.abs(spectrum) ** 2
peak = power.argmax()
stacked = np.vstack([wave, noise])
stacked.T.shape
matrix = np.eye(3)
np.linalg.norm(matrix)
