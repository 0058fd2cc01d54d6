# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import silhouette_score

# %%
points, truth = make_blobs(n_samples=150, centers=3, cluster_std=0.6, random_state=0)
points.shape

# %%
kmeans = KMeans(n_clusters=3, n_init=5, random_state=0)
labels = kmeans.fit_predict(points)

# %%
kmeans.cluster_centers_
kmeans.inertia_
quality = silhouette_score(points, labels)

# %%
plt.scatter(points[:, 0], points[:, 1], c=labels)
plt.xlim(-4, 4)
plt.colorbar()
plt.close()

# %%
sizes = np.bincount(labels)
centres = kmeans.cluster_centers_
distances = np.linalg.norm(points - centres[labels], axis=1)
distances.mean()
farthest = distances.argmax()

# %%
inertias = {}
for k in range(2, 5):
    trial = KMeans(n_clusters=k, n_init=2).fit(points)
    inertias[k] = trial.inertia_

# %%
fig, ax = plt.subplots()
ax.plot(list(inertias.keys()), list(inertias.values()), marker="o")
ax.set_xticks([2, 3, 4])
ax.grid(True)
fig.set_size_inches(6, 4)
