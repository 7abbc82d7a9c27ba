//! Labelled 28x28 images for Hourglass: procedural digits, MNIST-format files, splits and corruption
