//! What happens to data: scaling and corrupting, alone and within a step; drawing glyphs; fitting PCA.

use std::hint::black_box;

use benches::{Extra, Training, images, model};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use datasets::glyphs;
use evaluation::Pca;
use random::Stream;
use spec::Corruption;
use spec::catalogue::{Architecture, Engine};

const BATCH: usize = 256;

#[expect(clippy::expect_used, reason = "the model is in the catalogue")]
fn corruption(criterion: &mut Criterion) {
    let images = images(BATCH);
    let kinds = [
        ("none", None),
        ("gaussian", Some(Corruption::Gaussian { sigma: 0.5 })),
        ("masking", Some(Corruption::Masking { fraction: 0.25 })),
        ("salt and pepper", Some(Corruption::SaltAndPepper { fraction: 0.25 })),
    ];
    let mut group = criterion.benchmark_group("scale and corrupt");
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, kind) in kinds {
        let mut row = vec![0.0; images.width()];
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for image in 0..BATCH {
                    images.read(image, &mut row);
                    if let Some(kind) = kind {
                        let mut generator = Stream::TrainCorruption.generator(0, image as u64);
                        datasets::corrupt(kind, images.range(), &mut row, &mut generator);
                    }
                    black_box(&row);
                }
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("step/plain-32 by corruption");
    group.throughput(Throughput::Elements(BATCH as u64));
    let model = model(Architecture::Plain, 32).expect("a model");
    for (name, kind) in kinds {
        let mut training = Training::new(&images, &model, Engine::Fused, BATCH, kind, Extra::Plain).expect("a model");
        group.bench_function(name, |bencher| bencher.iter(|| training.step()));
    }
}

fn glyph(criterion: &mut Criterion) {
    let mut index = 0;
    criterion.bench_function("glyph", |bencher| {
        bencher.iter(|| {
            index += 1;
            glyphs::glyph(index)
        });
    });
}

fn pca(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pca");
    group.sample_size(10);
    for count in [10_000, 60_000] {
        let images = images(count);
        group.bench_function(format!("{count} images"), |bencher| bencher.iter(|| Pca::fit(&images, 32)));
    }
}

criterion_group!(benches, corruption, glyph, pca);
criterion_main!(benches);
