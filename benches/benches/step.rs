//! One step of training: each architecture, batch size, engine and number of threads.

use benches::{Extra, Training, images, model};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use spec::catalogue::{Architecture, Engine};

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

criterion_group!(benches, step);
criterion_main!(benches);
