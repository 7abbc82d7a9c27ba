//! Measures Hourglass runs against exact baselines and draws their plots
