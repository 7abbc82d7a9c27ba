//! Benchmarks of data: scaling and corruption, alone and within a step; drawing of glyphs; the fit of PCA; reading of a
//! table.

use std::hint::black_box;

use benches::{Extra, Training, images, model};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use datasets::glyphs;
use evaluation::Pca;
use random::Stream;
use readers::load::Purpose;
use spec::Corruption;
use spec::catalogue::{Architecture, Engine};
use spec::own::Reading;

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

#[expect(clippy::expect_used, reason = "a table can be written and read")]
fn table(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.csv");
    let mut text = (0..30).map(|column| format!("s{column}")).collect::<Vec<_>>().join(",") + "\n";
    for row in 0..100_000_u64 {
        let number = |column: u64| (row * 7_919 + column * 104_729) % 2_000_003;
        let fields = (0..30).map(|column| format!("{:.5}", number(column) as f64 / 1e5 - 10.0));
        text += &(fields.collect::<Vec<_>>().join(",") + "\n");
    }
    std::fs::write(&path, &text).expect("a file");
    let raw = folder.path().join("raw");
    let mut group = criterion.benchmark_group("table");
    group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("100,000 rows of 30 numbers", |bencher| {
        bencher.iter(|| readers::load::to_raw(&path, &Reading::default(), &Purpose::Training, &raw).expect("a table"));
    });
}

criterion_group!(benches, corruption, glyph, pca, table);
criterion_main!(benches);
