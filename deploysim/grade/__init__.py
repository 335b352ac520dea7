"""Who decides whether a response shows a category: graders, the rules behind them, and the engine that runs them."""
