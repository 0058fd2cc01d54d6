# %%
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

# %%
cancer = load_breast_cancer(as_frame=True)
cells = cancer.frame

# %%
cells["mean radius"].hist()
cells["target"].value_counts()
malignant = cells[cells["target"] == 0]
benign = cells[cells["target"] == 1]

# %%
malignant["mean area"].mean() - benign["mean area"].mean()
gap = malignant["worst texture"].median()

# %%
steps = [("scale", StandardScaler()), ("pca", PCA(n_components=5)), ("fit", LogisticRegression())]
pipeline = Pipeline(steps)
pipeline.fit(cancer.data, cancer.target)

# %%
pipeline.score(cancer.data, cancer.target)
pca = pipeline.named_steps["pca"]
chances = pipeline.predict_proba(cancer.data)

# %%
explained = pca.explained_variance_ratio_
pca.components_.shape
ranked = pd.Series(explained).cumsum()
ranked.plot(drawstyle="steps-post")

# %%
cells["mean radius"].corr(cells["mean perimeter"])
cells["ratio"] = cells["worst area"] / cells["mean area"]
cells["ratio"].describe()
cancer.feature_names
