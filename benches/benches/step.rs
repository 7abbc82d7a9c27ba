//! Benchmarks of one training step, by architecture, batch size, engine and number of threads, and of reconstruction alone.

use benches::{Extra, Training, images, model};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use networks::NETWORKS;
use rayon::prelude::*;
use spec::catalogue::{Architecture, Engine};
use zoo::Matrix;

#[expect(clippy::expect_used, reason = "every model is in the catalogue")]
fn step(criterion: &mut Criterion) {
    let images = images(1024);
    for (architecture, code) in
        [(Architecture::Linear, 32), (Architecture::Shallow, 128), (Architecture::Plain, 32), (Architecture::Deep, 30)]
    {
        let mut group = criterion.benchmark_group(format!("step/{architecture}-{code}"));
        group.sample_size(10);
        let model = model(architecture, code).expect("a model");
        for batch_size in [32, 256, 1024] {
            group.throughput(Throughput::Elements(batch_size as u64));
            for &engine in Engine::ALL {
                for threads in [1, 2] {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                    let mut training =
                        Training::new(&images, &model, engine, batch_size, None, Extra::Plain).expect("a model");
                    let name = format!("{engine}/batch {batch_size}");
                    group.bench_function(BenchmarkId::new(name, format!("{threads} threads")), |bencher| {
                        pool.install(|| bencher.iter(|| training.step()));
                    });
                }
            }
        }
    }
}

/// Reconstruction of rows in memory, in blocks of 256 on all threads: an upper limit for `apply` and the evaluation.
#[expect(clippy::expect_used, reason = "every model is in the catalogue")]
fn forward(criterion: &mut Criterion) {
    let images = images(16_384);
    let mut group = criterion.benchmark_group("forward");
    group.sample_size(10).throughput(Throughput::Elements(images.len() as u64));
    for (architecture, code) in [(Architecture::Plain, 32), (Architecture::Deep, 30)] {
        let network = NETWORKS.build(&model(architecture, code).expect("a model")).expect("a network");
        let blocks: Vec<Matrix> = (0..images.len())
            .step_by(256)
            .map(|first| {
                let mut block = Matrix::zeros(256, images.width());
                (0..256).for_each(|row| images.read(first + row, block.row_mut(row)));
                block
            })
            .collect();
        group.bench_function(format!("{architecture}-{code}"), |bencher| {
            bencher.iter(|| blocks.par_iter().map(|block| network.reconstruct(block)).collect::<Vec<_>>());
        });
    }
    group.finish();
}

criterion_group!(benches, step, forward);
criterion_main!(benches);
