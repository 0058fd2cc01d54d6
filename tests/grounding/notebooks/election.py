# %%
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

# %%
votes = px.data.election()
votes.columns

# %%
votes["share"] = votes["Bergeron"] / votes["total"]
winners = votes["winner"].value_counts()

# %%
close = votes[votes["share"] > 0.3]
close["district"].tolist()
total = votes["total"].sum()

# %%
figure = go.Figure()
figure.add_trace(go.Bar(x=votes["district"], y=votes["Coderre"]))

# %%
figure.update_layout(barmode="stack", title="Votes")
figure.update_yaxes(title="votes")
bars = px.bar(votes, x="district", y="Joly", color="result")

# %%
votes["Coderre"].sum() - votes["Joly"].sum()
strong = votes[votes["result"] == "majority"]
strong["winner"].mode()
parties = ["Coderre", "Bergeron", "Joly"]
votes[parties].idxmax(axis=1)
bars.data
