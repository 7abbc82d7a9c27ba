"""Prints three steps of PyTorch's optimisers on one weight, for the tests of src/optimiser.rs.

    python optimisers.py

Made with torch 2.15.0.
"""

import torch

for name, make in {
    "ADAM": lambda p: torch.optim.Adam(p, lr=0.1),
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "ADAM_L2": lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.1),
    "ADAMW": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.5),
    "SGD_L2": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
}.items():
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    optimiser = make([weight])
    for gradient in [0.5, -0.25, 2.0]:
        weight.grad = torch.tensor([gradient])
        optimiser.step()
    print(name, f"{weight.item():.7f}")
