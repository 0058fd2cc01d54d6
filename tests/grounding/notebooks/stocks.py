# %%
import pandas as pd
import numpy as np
from vega_datasets import data

# %%
stocks = data.stocks()
stocks["date"] = pd.to_datetime(stocks["date"])

# %%
prices = stocks.pivot(index="date", columns="symbol", values="price")
prices.columns

# %%
returns = prices.pct_change().dropna()
returns["AAPL"].mean()
returns["MSFT"].std()

# %%
prices["AAPL"].plot()
ratio = prices["AAPL"] / prices["IBM"]
volatility = returns.std() * np.sqrt(12)

# %%
correlations = returns.corr()
best = returns["GOOG"].idxmax()
window = prices["AMZN"].rolling(6).mean()


# %%
class Portfolio:
    def __init__(self, weights, cash=0.0):
        self.weights = weights
        self.cash = cash

    def value(self, prices, fee=0.0):
        return sum(prices[name] * share for name, share in self.weights.items()) - fee

    def rebalance(self, target, threshold=0.05):
        self.weights = target


# %%
portfolio = Portfolio({"AAPL": 0.5, "IBM": 0.5}, cash=100.0)
portfolio.weights
portfolio.cash

# %%
last = prices.iloc[-1]
portfolio.value(last, fee=1.0)
portfolio.rebalance({"IBM": 1.0}, threshold=0.1)
worth = portfolio.value(last)
