"""The backtest: forecasts of models that have answered the same prompts, scored on prompts kept back."""
