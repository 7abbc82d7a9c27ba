//! The loop that a user of dfdx would write, with dfdx's module builder, optimiser, loss and tape, on data scaled in
//! memory.

use datasets::glyphs::PIXELS;
use dfdx::optim::{Adam, AdamConfig};
use dfdx::prelude::*;

type Plain = ((Linear<784, 64>, ReLU), Linear<64, 32>, (Linear<32, 64>, ReLU), (Linear<64, 784>, Sigmoid));
type Shallow = ((Linear<784, 128>, ReLU), (Linear<128, 784>, Sigmoid));
type Encoder = ((Linear<784, 1000>, ReLU), (Linear<1000, 500>, ReLU), (Linear<500, 250>, ReLU), Linear<250, 30>);
type Decoder =
    ((Linear<30, 250>, ReLU), (Linear<250, 500>, ReLU), (Linear<500, 1000>, ReLU), (Linear<1000, 784>, Sigmoid));

/// Seconds of each epoch of `plain` 32, after one epoch of warm-up. `images` is `(images, 784)` in [0, 1].
pub fn plain(images: &[f32], batch_size: usize, epochs: usize) -> anyhow::Result<Vec<f64>> {
    train::<Plain, _>(images, batch_size, epochs)
}

/// Seconds of each epoch of `shallow` 128, as [`plain`].
pub fn shallow(images: &[f32], batch_size: usize, epochs: usize) -> anyhow::Result<Vec<f64>> {
    train::<Shallow, _>(images, batch_size, epochs)
}

/// Seconds of each epoch of `deep` 30, as [`plain`].
pub fn deep(images: &[f32], batch_size: usize, epochs: usize) -> anyhow::Result<Vec<f64>> {
    train::<(Encoder, Decoder), _>(images, batch_size, epochs)
}

type Rows<T> = Tensor<(usize, Const<PIXELS>), f32, Cpu, T>;

fn train<B, M>(images: &[f32], batch_size: usize, epochs: usize) -> anyhow::Result<Vec<f64>>
where
    B: BuildOnDevice<Cpu, f32, Built = M>,
    M: TensorCollection<f32, Cpu>,
    M: Module<Rows<OwnedTape<f32, Cpu>>, Output = Rows<OwnedTape<f32, Cpu>>, Error = CpuError>,
{
    let device = Cpu::default();
    let mut network = device.build_module::<B, f32>();
    let mut optimiser = Adam::new(&network, AdamConfig::default());
    let mut kept = None;
    let mut updated = Ok(());
    let seconds = crate::seconds(epochs, || {
        for rows in images.chunks(batch_size * PIXELS) {
            let count = rows.len() / PIXELS;
            let rows = device.tensor_from_vec(rows.to_vec(), (count, Const::<PIXELS>));
            let gradients = kept.take().unwrap_or_else(|| network.alloc_grads());
            let outputs = network.forward(rows.clone().traced(gradients));
            let mut gradients = mse_loss(outputs, rows).backward();
            if let Err(error) = optimiser.update(&mut network, &gradients) {
                updated = Err(anyhow::anyhow!("dfdx: {error}"));
            }
            network.zero_grads(&mut gradients);
            kept = Some(gradients);
        }
    });
    updated.map(|()| seconds)
}
