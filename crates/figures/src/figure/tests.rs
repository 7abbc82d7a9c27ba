//! Tests of all figures on artificial records.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use record::{CodePoint, RunDirectory};
use spec::catalogue::{Architecture, DatasetName, Loss};
use spec::figures::Scope;
use spec::subject;
use system::storage;

use super::fixture::{Fixture, parse};
use super::*;
use crate::figure::kit::theme::{BODY, LEAST_CONTRAST, WHITE, contrast};
use crate::summary::{Group, Spread, Summary, summary_file};
use canvas::scene::{Mark, Scene, WIDTH};
use canvas::text::Weight;
use plotters::style::RGBColor;

/// A folder for the record of one test. If `HOURGLASS_FIGURES` names a folder, the record is made there and kept.
struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

fn folder(name: &str) -> Folder {
    match std::env::var_os("HOURGLASS_FIGURES") {
        Some(kept) => Folder { path: Path::new(&kept).join(name), _temporary: None },
        None => {
            let temporary = tempfile::tempdir().unwrap();
            Folder { path: temporary.path().to_owned(), _temporary: Some(temporary) }
        }
    }
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

/// Every scene of a fixture's run, by name.
fn scenes(fixture: &Fixture) -> Vec<(&'static str, Scene)> {
    let folder = tempfile::tempdir().unwrap();
    let directory = fixture.write(folder.path());
    let record = RunRecord::open(&directory).unwrap();
    let scene = |plot: &Plot| (plot.name(), run_figure(*plot, &record).unwrap().unwrap());
    record.run.evaluation.plots.iter().map(scene).collect()
}

fn fixtures() -> Vec<Fixture> {
    let default = Fixture::default();
    vec![
        Fixture { ratio: 1.12, sigma: None, epochs: 1, code: 2, ..default.clone() },
        Fixture { architecture: Architecture::Deep, variant: Some("stacked"), stacked: true, ..default.clone() },
        Fixture { dataset: DatasetName::FashionMnist, loss: Loss::Bce, ratio: 0.3, ..default.clone() },
        default,
    ]
}

#[track_caller]
pub(super) fn texts_are_apart_and_inside(what: &str, scene: &Scene) {
    let boxes: Vec<_> = scene.texts().into_iter().map(|text| (&text.text, text.bounds().unwrap())).collect();
    assert!(boxes.len() > 3, "{what} has {} texts", boxes.len());
    for (index, (text, (left, top, right, bottom))) in boxes.iter().enumerate() {
        assert!(
            *left >= 0.0 && *top >= 0.0 && *right <= f64::from(WIDTH) && *bottom <= f64::from(scene.height),
            "{what}: {text:?} is cut"
        );
        for (other, (l, t, r, b)) in &boxes[..index] {
            let overlap = right.min(*r) - left.max(*l) > 0.0 && bottom.min(*b) - top.max(*t) > 0.0;
            assert!(!overlap, "{what}: {text:?} overlaps {other:?}");
        }
        assert!(scene.texts()[index].size >= 24.0, "{what}: {text:?} is below 12 pixels at half size");
    }
    texts_are_readable(what, scene);
}

/// Checks the contrast of each text against the opaque rectangle that it stands on, or against white.
#[track_caller]
fn texts_are_readable(what: &str, scene: &Scene) {
    for (index, mark) in scene.marks.iter().enumerate() {
        let Mark::Text(text) = mark else { continue };
        let (left, top, right, bottom) = text.bounds().unwrap();
        let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let below = scene.marks[..index].iter().rev().find_map(|mark| match mark {
            Mark::Rectangle { corner, opposite, colour } if colour.3 >= 1.0 => {
                let is_on = (corner.0..=opposite.0).contains(&x) && (corner.1..=opposite.1).contains(&y);
                is_on.then_some(RGBColor(colour.0, colour.1, colour.2))
            }
            _ => None,
        });
        let found = contrast(text.colour, below.unwrap_or(WHITE));
        assert!(found >= LEAST_CONTRAST, "{what}: {:?} has a contrast of {found:.2}", text.text);
    }
}

/// Number of lines of the title.
pub(super) fn title_lines(scene: &Scene) -> usize {
    scene.texts().iter().filter(|text| text.weight == Weight::Bold && text.size > BODY).count()
}

fn summary(codes: &[usize], networks: &[(Architecture, Option<&str>, f64)], seeds: u64) -> Summary {
    let mut groups = Vec::new();
    for (architecture, variant, ratio) in networks {
        for &code in codes {
            let pca = 0.055 / (code as f64).powf(0.65);
            let spread = |mean: f64| Spread { mean, std: (seeds > 1).then_some(mean * 0.04) };
            let fields = |mean: f64| BTreeMap::from([("mse_per_pixel".to_owned(), spread(mean))]);
            let test = BTreeMap::from([
                (subject::AUTOENCODER.to_owned(), fields(pca * ratio * (0.75 + 0.06 * (code as f64).log2()))),
                (subject::PCA.to_owned(), fields(pca)),
            ]);
            groups.push(Group {
                label: format!("{architecture}-{code}"),
                architecture: architecture.to_string(),
                code,
                variant: variant.map(str::to_owned),
                seeds: (0..seeds).collect(),
                train: None,
                side: None,
                regularised: false,
                metrics: BTreeMap::from([("test".to_owned(), test)]),
            });
        }
    }
    Summary {
        plots: Plot::ALL.to_vec(),
        experiment: "made-up".to_owned(),
        question: "Is it drawn?".to_owned(),
        dataset: "glyphs".to_owned(),
        groups,
        incomplete: Vec::new(),
        warnings: Vec::new(),
        claims: Vec::new(),
    }
}

fn draw(name: &str, summary: &Summary) -> (Folder, Vec<PathBuf>) {
    let folder = folder(name);
    storage::create_directory(&folder.path).unwrap();
    storage::write_json(&summary_file(&folder.path), summary).unwrap();
    let paths = draw_summary(&folder.path).unwrap().written;
    (folder, paths)
}

#[test]
fn figures_of_runs_and_of_experiments_are_drawn_as_declared() {
    for &plot in Plot::ALL {
        match (plot.scope(), drawing(plot)) {
            (Scope::Run { .. }, Drawing::OfRun(_)) | (Scope::Experiment, Drawing::OfExperiment(_)) => {}
            (scope, _) => panic!("{plot} is declared as {scope:?} and drawn of something else"),
        }
    }
}

const SWEEP: [usize; 8] = [2, 4, 8, 16, 30, 32, 64, 128];

#[test]
fn a_full_record_gives_every_figure_in_both_formats() {
    for (index, fixture) in fixtures().into_iter().enumerate() {
        let folder = folder(&format!("run-{index}"));
        let written = draw_run(&fixture.write(&folder.path)).unwrap().written;
        let expected = if fixture.sigma.is_some() { 12 } else { 10 };
        assert_eq!(written.len(), expected, "{:?}", names(&written));
        for path in written {
            let size = fs::metadata(&path).unwrap().len();
            assert!((1_000..300_000).contains(&size), "{} has {size} bytes", path.display());
        }
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Fixture::default().write(folder.path());
    let read = |paths: Vec<PathBuf>| paths.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>();
    let first = read(draw_run(&directory).unwrap().written);
    assert!(first == read(draw_run(&directory).unwrap().written));
}

#[test]
fn texts_do_not_overlap_and_stay_inside_the_figure() {
    for fixture in fixtures() {
        let scenes = scenes(&fixture);
        assert!(scenes.len() >= 5, "{} figures", scenes.len());
        for (name, scene) in scenes {
            texts_are_apart_and_inside(name, &scene);
        }
    }
    let many = [(Architecture::Deep, Some("stacked"), 0.5), (Architecture::Plain, Some("a-long-variant-name"), 0.9)];
    for networks in [&many[..], &many[..1]] {
        for codes in [&SWEEP[..], &[16, 32]] {
            let summary = summary(codes, networks, 3);
            texts_are_apart_and_inside("error_by_code_size", &error_by_code_size::scene(&summary).unwrap().unwrap());
            if let Some(scene) = comparison::scene(&summary).unwrap() {
                texts_are_apart_and_inside("comparison", &scene);
            }
        }
    }
}

#[test]
fn titles_name_the_better_of_autoencoder_and_pca() {
    let titles = |ratio| {
        let scenes = scenes(&Fixture { ratio, ..Fixture::default() });
        scenes.into_iter().map(|(name, scene)| (name, scene.title)).collect::<BTreeMap<_, _>>()
    };
    let (wins, loses) = (titles(0.61), titles(1.12));
    assert_eq!(wins["reconstructions"], "The autoencoder's test error is 0.610 of PCA's at 32 code units");
    assert_eq!(loses["reconstructions"], "PCA wins: the autoencoder's test error is 12 % higher at 32 code units");
    assert!(wins["learning_curves"].starts_with("Validation error is below PCA's from epoch"), "{wins:?}");
    assert!(loses["learning_curves"].starts_with("Validation error stays above PCA's"), "{loses:?}");
    assert!(!wins["error_by_class"].contains("PCA wins"), "{wins:?}");
    assert!(titles(3.0)["error_by_class"].contains("PCA wins on every class"));
}

#[test]
fn the_title_of_a_sweep_names_the_code_sizes_at_which_each_method_wins() {
    let title = |ratio| {
        let summary = summary(&SWEEP, &[(Architecture::Plain, None, ratio)], 1);
        error_by_code_size::scene(&summary).unwrap().unwrap().title
    };
    assert_eq!(title(0.5), "The autoencoder beats PCA at every code size, most at 2: 0.405 of its test error");
    assert_eq!(title(2.0), "PCA wins at every code size; at 128 the autoencoder's error is 2.34 times as high");
    assert!(title(1.0).starts_with("The autoencoder beats PCA at 2, 4, 8 and 16 code units"), "{}", title(1.0));
}

#[test]
fn axis_titles_have_units() {
    let with = |fixture: &Fixture, figure: &str| -> String {
        let scenes = scenes(fixture);
        let (_, scene) = scenes.iter().find(|(name, _)| *name == figure).unwrap();
        scene.texts().iter().map(|text| format!("{}\n", text.text)).collect()
    };
    let default = Fixture::default();
    let bce = Fixture { loss: Loss::Bce, ..default.clone() };
    for (fixture, figure, unit) in [
        (&default, "learning_curves", "MSE per pixel"),
        (&default, "learning_curves", "epoch"),
        (&bce, "learning_curves", "binary cross-entropy per pixel (nats)"),
        (&default, "error_by_class", "test MSE per pixel"),
        (&default, "error_by_corruption", "standard deviation of the noise (sigma), pixels in [0, 1]"),
        (&default, "codes", "first principal component of the 32-unit code"),
    ] {
        let texts = with(fixture, figure);
        assert!(texts.contains(unit), "{figure} lacks {unit:?}:\n{texts}");
    }
}

#[test]
fn a_missing_file_leaves_out_only_its_own_figures() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Fixture::default().write(folder.path());
    fs::remove_file(directory.codes()).unwrap();
    fs::remove_file(directory.images()).unwrap();
    fs::remove_file(directory.metrics()).unwrap();
    let written = names(&draw_run(&directory).unwrap().written);
    let svg: Vec<&String> = written.iter().filter(|name| name.ends_with(".svg")).collect();
    assert_eq!(svg, ["learning_curves.svg", "error_by_class.svg", "error_by_corruption.svg"]);
}

#[test]
fn values_that_are_not_finite_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Fixture::default().write(folder.path());
    let fails = |directory: &RunDirectory, expected: &str| {
        let message = draw_run(directory).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    let mut codes = Fixture::default().codes();
    codes[3].x = f32::NAN;
    storage::write_csv(&directory.codes(), &codes).unwrap();
    fails(&directory, "codes.csv: row 4: x of autoencoder is NaN; expected a finite number");
    storage::write_csv::<CodePoint>(&directory.codes(), &[]).unwrap();
    let drawn = draw_run(&directory).unwrap();
    assert_eq!(drawn.failed.len(), 1, "{:?}", drawn.failed);
    assert_eq!(drawn.failed[0].to_string(), "cannot draw codes: the record is empty");
    assert_eq!(drawn.written.len(), 10, "the others are drawn: {:?}", names(&drawn.written));
    storage::write_csv(&directory.codes(), &Fixture::default().codes()).unwrap();
    let mut epochs = Fixture::default().epochs();
    epochs[0].train_loss = f64::INFINITY;
    storage::write_csv(&directory.epochs(), &epochs).unwrap();
    fails(&directory, "epochs.csv: row 1: train_loss is inf; expected a finite number, 0 or more");
    fs::write(directory.images(), b"not a tensor").unwrap();
    assert!(draw_run(&directory).is_err());
}

#[test]
fn equal_codes_and_a_single_epoch_are_drawn() {
    let run = parse(&Fixture { code: 2, ..Fixture::default() }.toml());
    let point = |class| CodePoint { subject: subject::AUTOENCODER.to_owned(), class: Some(class), x: 0.0, y: 0.0 };
    let scene = codes::scene(&run, &(0..10).map(point).collect::<Vec<_>>()).unwrap();
    texts_are_apart_and_inside("codes", &scene);
    assert_eq!(scene.title, "The autoencoder's code is the same for every image");
    let one = Fixture { epochs: 1, ..Fixture::default() };
    let scene = learning_curves::scene(&run, &one.epochs(), None).unwrap();
    texts_are_apart_and_inside("learning_curves", &scene);
}

#[test]
fn a_summary_has_the_figures_that_its_groups_have_data_for() {
    let plain = (Architecture::Plain, None, 0.8);
    let deep = (Architecture::Deep, None, 0.55);
    let shallow = (Architecture::Shallow, None, 1.1);
    let sweep = ["error_by_code_size.svg", "error_by_code_size.png"];
    let compared = ["comparison.svg", "comparison.png"];
    let (_kept, paths) = draw("sweep", &summary(&SWEEP, &[plain], 3));
    assert_eq!(names(&paths), sweep);
    let (_kept, paths) = draw("comparison", &summary(&[32], &[plain, deep, shallow], 3));
    assert_eq!(names(&paths), compared);
    let (_kept, paths) = draw("both", &summary(&SWEEP, &[plain, deep, shallow], 1));
    assert_eq!(names(&paths), [sweep, compared].concat());
    let (_kept, paths) = draw("one", &summary(&[32], &[plain], 3));
    assert_eq!(paths, Vec::<PathBuf>::new());
}

/// Adds test values of a field to a group.
fn add(group: &mut Group, subject: &str, field: &str, mean: f64) {
    let test = group.metrics.get_mut("test").unwrap();
    let spread = Spread { mean, std: Some(0.1 * mean) };
    test.entry(subject.to_owned()).or_default().insert(field.to_owned(), spread);
}

#[test]
fn networks_with_different_data_or_noise_are_ranked_relative_to_pca() {
    let networks = ["clean", "noisy"].map(|variant| (Architecture::Plain, Some(variant), 0.5));
    let mut summary = summary(&[32], &networks, 3);
    for (group, [own, pca]) in summary.groups.iter_mut().zip([[0.01, 0.02], [0.02, 0.05]]) {
        add(group, subject::AUTOENCODER, "mse_per_pixel", own);
        add(group, subject::PCA, "mse_per_pixel", pca);
    }
    let scene = comparison::scene(&summary).unwrap().unwrap();
    texts_are_apart_and_inside("comparison", &scene);
    assert_eq!(
        scene.title,
        "At 32 code units, “noisy” has the lowest test error, 0.400 of PCA's on the same images; “clean” the highest, 0.500 times"
    );
    add(&mut summary.groups[1], subject::PCA, "mse_per_pixel", 0.02);
    let scene = comparison::scene(&summary).unwrap().unwrap();
    assert_eq!(
        scene.title,
        "At 32 code units, “clean” has the lowest test error, 0.500 of PCA's; “noisy” the highest, 1.00 times"
    );
    summary.experiment = "noisy".to_owned();
    let scene = comparison::scene(&summary).unwrap().unwrap();
    assert_eq!(
        scene.title,
        "At 32 code units, the error of “noisy” is the same as PCA's; the lowest is 0.500, of “clean”"
    );
    summary.experiment = "clean".to_owned();
    let scene = comparison::scene(&summary).unwrap().unwrap();
    assert_eq!(scene.title, "At 32 code units, “clean” has the lowest test error: 0.500 of PCA's");
}

#[test]
fn a_rare_class_is_compared_with_the_others_and_with_networks_that_saw_it_often() {
    let mut summary =
        summary(&[16], &["natural", "unweighted", "resampled"].map(|name| (Architecture::Plain, Some(name), 0.5)), 3);
    assert_eq!(classes::scene(&summary).unwrap(), None);
    for (group, rare) in summary.groups.iter_mut().zip([0.01, 0.02, 0.015]) {
        for (subject, factor) in [(subject::AUTOENCODER, 1.0), (subject::PCA, 1.5)] {
            for (class, field) in spec::measures::MSE_OF_CLASS.iter().enumerate() {
                add(group, subject, field, factor * if class == 8 { rare } else { 0.01 + 0.0001 * class as f64 });
            }
            add(group, subject, "worst_class_mse", factor * rare);
        }
    }
    let scene = classes::scene(&summary).unwrap().unwrap();
    assert_eq!(scene.title, "Lowest error of the worst class: “natural”, 0.500 times that of “unweighted”");
    texts_are_apart_and_inside("classes", &scene);
    for (group, rare) in summary.groups.iter_mut().zip([0.01, 0.02, 0.015]).skip(1) {
        for (subject, factor) in [(subject::AUTOENCODER, 1.0), (subject::PCA, 1.5)] {
            add(group, subject, "rare_class_mse", factor * rare);
            add(group, subject, "other_classes_mse", factor * 0.0105);
        }
    }
    let scene = classes::scene(&summary).unwrap().unwrap();
    let expected = "A rare class 8 has 2.00 times the error of “natural” (unweighted), at best 1.50 times (resampled)";
    assert_eq!(scene.title, expected);
    assert_eq!(scene.texts().iter().filter(|text| text.text.starts_with("other classes: ")).count(), 3);
    texts_are_apart_and_inside("classes", &scene);
    let (_kept, paths) = draw("classes", &summary);
    assert!(names(&paths).contains(&"classes.png".to_owned()));
}

#[test]
fn transferred_networks_are_ranked_with_other_networks_and_with_transferred_pca() {
    let title = |decoder: f64| {
        let networks = [("none", 0.9), ("decoder", decoder), ("scratch", 0.5)];
        let mut summary = summary(&[16], &networks.map(|(name, ratio)| (Architecture::Plain, Some(name), ratio)), 3);
        assert_eq!(transfer::scene(&summary).unwrap(), None);
        for group in &mut summary.groups[..2] {
            for (subject, error) in [("pca_source", 0.02), ("pca_tuned", 0.018), ("source_mean_image", 0.08)] {
                add(group, subject, "mse_per_pixel", error);
            }
        }
        let scene = transfer::scene(&summary).unwrap().unwrap();
        texts_are_apart_and_inside("transfer", &scene);
        for row in ["scratch", "PCA, fit on the target", "PCA of the source, decoder refit"] {
            assert!(scene.texts().iter().any(|text| text.text == row), "{row}");
        }
        draw("transfer", &summary);
        scene.title
    };
    assert_eq!(
        title(0.4),
        "Transfer pays: its best network, “decoder”, has 0.800 of the error of “scratch”, the best without it; 0.396 of PCA's"
    );
    assert_eq!(
        title(0.6),
        "Transfer does not pay: the error of its best network, “decoder”, is 20 % higher than that of “scratch”, the best without it"
    );
    assert_eq!(
        title(0.5),
        "Transfer changes nothing: its best network, “decoder”, does as well as “scratch”, the best without it"
    );
}

#[test]
fn components_are_drawn_for_groups_with_this_measure() {
    let mut summary =
        summary(&SWEEP, &[(Architecture::Plain, None, 0.8), (Architecture::Deep, Some("deep-longer"), 0.5)], 3);
    for (index, group) in summary.groups.iter_mut().enumerate() {
        let spread = Spread { mean: (group.code * (3 + index % 5)) as f64, std: Some(1.5) };
        let pca = group.metrics.get_mut("test").unwrap().get_mut(subject::PCA).unwrap();
        pca.insert("components_to_equal_error".to_owned(), spread);
    }
    texts_are_apart_and_inside("components", &components::scene(&summary).unwrap().unwrap());
    let (_kept, paths) = draw("components", &summary);
    assert!(names(&paths).contains(&"components.svg".to_owned()));
    let pca = summary.groups[0].metrics.get_mut("test").unwrap().get_mut(subject::PCA).unwrap();
    pca.insert("components_to_equal_error".to_owned(), Spread { mean: f64::NAN, std: None });
    assert!(components::scene(&summary).unwrap_err().to_string().starts_with("cannot draw components: "));
}

#[test]
fn faults_are_drawn_by_kind_with_the_share_of_right_columns() {
    let networks = ["plain", "wide"].map(|variant| (Architecture::Plain, Some(variant), 0.5));
    for count in [1, 2] {
        let mut summary = summary(&[3], &networks[..count], 3);
        assert!(faults::scene(&summary).unwrap().is_none());
        for group in &mut summary.groups {
            for (subject, mean) in [(subject::AUTOENCODER, 0.95), (subject::PCA, 0.75), (subject::KTH_NEIGHBOUR, 0.85)]
            {
                for field in ["faults_auroc", "stuck_auroc", "spike_auroc", "drift_auroc", "swapped_auroc", "blame"] {
                    if (subject, field) != (subject::KTH_NEIGHBOUR, "blame") {
                        add(group, subject, field, mean);
                    }
                }
            }
        }
        let scene = faults::scene(&summary).unwrap().unwrap();
        texts_are_apart_and_inside("faults", &scene);
        let of = if count == 2 { " of plain" } else { "" };
        let expected = format!(
            "Finding faults: AUROC 0.950 by the autoencoder's error{of}, 0.750 by PCA's, 0.850 by distance to training rows"
        );
        assert_eq!(scene.title, expected);
    }
}

#[test]
fn svg_embeds_pixels_and_names_only_generic_fonts() {
    let (_, scene) = scenes(&Fixture::default()).swap_remove(1);
    let svg = scene.svg().unwrap();
    assert_eq!(svg.matches("<image ").count(), 40);
    assert!(svg.contains("sans-serif\""));
    assert!(svg.contains("<title>The autoencoder's test error"));
}

/// A group with these measures: subject, field, value.
fn measured(variant: &str, train: usize, regularised: bool, values: &[(&str, &str, f64)]) -> Group {
    let mut test: BTreeMap<String, BTreeMap<String, Spread>> = BTreeMap::new();
    for &(subject, field, mean) in values {
        let spread = Spread { mean, std: Some(0.02 * mean) };
        test.entry(subject.to_owned()).or_default().insert(field.to_owned(), spread);
    }
    Group {
        label: format!("plain-32-{variant}"),
        architecture: "plain".to_owned(),
        code: 32,
        variant: Some(variant.to_owned()),
        seeds: vec![0, 1, 2],
        train: Some(train),
        side: None,
        regularised,
        metrics: BTreeMap::from([("test".to_owned(), test)]),
    }
}

#[test]
fn the_title_of_the_noise_levels_names_who_leaves_less_error() {
    let title_of = |at_half: f64, at_twice: f64, wiener: Option<f64>| {
        let mut summary = summary(&[], &[], 0);
        for variant in ["gaussian", "salt-and-pepper"] {
            let mut values = Vec::new();
            for (field, own) in
                [("mse_at_half_the_noise", at_half), ("mse_per_pixel", 0.01), ("mse_at_twice_the_noise", at_twice)]
            {
                values.extend([(subject::AUTOENCODER, field, own), (subject::PCA, field, 0.03)]);
                values.extend([(subject::MEDIAN_FILTER, field, 0.021), (subject::NON_LOCAL_MEANS, field, 0.05)]);
                values.push((subject::LINEAR_DENOISER, field, 0.025));
                let wiener = wiener.filter(|_| variant == "gaussian" && field == "mse_at_half_the_noise");
                values.extend(wiener.map(|error| (subject::WIENER, field, error)));
                values.push((subject::CORRUPTED_INPUT, field, 0.1));
            }
            summary.groups.push(measured(variant, 1000, true, &values));
        }
        let scene = noise_levels::scene(&summary).unwrap().unwrap();
        texts_are_apart_and_inside("noise_levels", &scene);
        scene.title
    };
    let title = |at_half: f64| title_of(at_half, 0.02, None);
    assert_eq!(
        title(0.0105),
        "The autoencoder leaves the least error everywhere: 0.476 to 0.952 of the best other method's"
    );
    assert_eq!(
        title(0.03),
        "The autoencoder leaves the least error in 4 of 6 cases; not for gaussian at half the noise (median filter) and \
         salt-and-pepper at half the noise (median filter)"
    );
    assert_eq!(title_of(0.03, 0.03, None), "The median filter leaves less error than the autoencoder in 4 of 6 cases");
    assert_eq!(
        title_of(0.03, 0.03, Some(0.01)),
        "Other methods leave less error than the autoencoder in 4 of 6 cases, the median filter in 3 of these"
    );
    assert!(noise_levels::scene(&summary(&[32], &[(Architecture::Plain, None, 0.8)], 1)).unwrap().is_none());
}

#[test]
fn the_title_of_samples_names_the_sampler_closest_to_the_data() {
    let title = |pca_mixture: f64| {
        let values = [
            (subject::PRIOR_SAMPLES, "frechet_distance", 9.0),
            (subject::MIXTURE_SAMPLES, "frechet_distance", 2.0),
            (subject::PCA_SAMPLES, "frechet_distance", 36.0),
            (subject::PCA_MIXTURE_SAMPLES, "frechet_distance", pca_mixture),
            (subject::TEST_IMAGES, "frechet_distance", 0.6),
        ];
        let mut summary = summary(&[], &[], 0);
        summary.groups.push(measured("wide", 1000, false, &values));
        let scene = frechet_distances::scene(&summary).unwrap().unwrap();
        texts_are_apart_and_inside("frechet_distances", &scene);
        scene.title
    };
    assert_eq!(
        title(27.0),
        "Samples of “wide” with a mixture fit to its codes are closest to the data: mean distance 2.00; PCA's best is 27.0"
    );
    assert_eq!(title(1.0), "PCA's samples are closest to the data: mean distance 1.00; the best network's is 2.00");
}

#[test]
fn frechet_distances_refer_to_test_images_and_in_older_records_to_training_images() {
    let texts = |copies: Option<f64>| {
        let mut values = vec![
            (subject::PRIOR_SAMPLES, "frechet_distance", 9.0),
            (subject::PCA_SAMPLES, "frechet_distance", 36.0),
            (subject::TEST_IMAGES, "frechet_distance", 0.6),
        ];
        values.extend(copies.map(|copies| (subject::TRAINING_RECONSTRUCTIONS, "nearest_distance", copies)));
        let mut summary = summary(&[], &[], 0);
        summary.groups.push(measured("wide", 1000, false, &values));
        let scene = frechet_distances::scene(&summary).unwrap().unwrap();
        texts_are_apart_and_inside("frechet_distances", &scene);
        scene.texts().iter().map(|text| text.text.clone()).collect::<Vec<_>>().join(" ")
    };
    let (new, old) = (texts(Some(3.0)), texts(None));
    assert!(new.contains("Frechet distance to every second test image") && !new.contains("training images"), "{new}");
    assert!(old.contains("Frechet distance to training images") && old.contains("what new data have"), "{old}");
}

#[test]
fn the_title_of_error_by_training_images_gives_overfitting_and_the_best_regularisation() {
    let group = |variant: &str, train: usize, regularised: bool, test: f64, own: f64| {
        let values = [
            (subject::AUTOENCODER, "clean_mse", test),
            (subject::AUTOENCODER, "clean_train_mse", own),
            (subject::AUTOENCODER, "test_over_train", test / own),
            (subject::PCA, "clean_mse", 0.03),
            (subject::PCA, "clean_train_mse", 0.02),
        ];
        measured(variant, train, regularised, &values)
    };
    let mut summary = summary(&[], &[], 0);
    summary.groups = vec![
        group("images-100", 100, false, 0.05, 0.005),
        group("images-1000", 1000, false, 0.02, 0.01),
        group("images-50000", 50_000, false, 0.01, 0.01),
    ];
    let title = |summary: &Summary| {
        let scene = error_by_training_images::scene(summary).unwrap().unwrap();
        texts_are_apart_and_inside("error_by_training_images", &scene);
        scene.title
    };
    let overfit = "With 100 images, test error is 10.0 times training error";
    assert_eq!(title(&summary), format!("{overfit}, with 50,000 1.00 times"));
    for (index, remedy) in ["dropout", "weight-decay", "masking", "early-stopping"].into_iter().enumerate() {
        summary.groups.push(group(remedy, 1000, true, 0.021 + 1e-4 * index as f64, 0.01));
    }
    assert_eq!(title(&summary), format!("{overfit}; no remedy helps"));
    summary.groups.push(group("sparsity", 1000, true, 0.018, 0.01));
    assert_eq!(title(&summary), format!("{overfit}; with 1,000, “sparsity” helps most: 10 % less test error"));
    let scene = error_by_training_images::scene(&summary).unwrap().unwrap();
    let texts = scene.texts().iter().map(|text| text.text.clone()).collect::<Vec<_>>().join(" ");
    assert!(texts.contains("1 of 5 remedies lower the error"), "{texts}");
    summary.groups.truncate(1);
    assert!(error_by_training_images::scene(&summary).unwrap().is_none());
}

#[test]
fn classifiers_are_ranked_by_their_error() {
    let mut summary = summary(&[], &[], 0);
    assert!(fine_tuning::scene(&summary).unwrap().is_none());
    let errors = [("scratch", 0.02), ("denoising", 0.0125), ("stacked", 0.015)];
    summary.groups =
        errors.map(|(variant, error)| measured(variant, 1000, false, &[(subject::FINE_TUNED, "error", error)])).into();
    summary.dataset = DatasetName::Mnist.name().to_owned();
    let scene = fine_tuning::scene(&summary).unwrap().unwrap();
    texts_are_apart_and_inside("fine_tuning", &scene);
    assert_eq!(
        scene.title,
        "After training on labels, “denoising” gets fewest test images wrong: 1.25 %; next “stacked”: 1.50 %"
    );
    let says = |scene: &Scene| scene.texts().iter().any(|text| text.text.contains("report 1.28 %"));
    assert!(says(&scene));
    draw("fine_tuning", &summary);
    summary.dataset = DatasetName::Glyphs.name().to_owned();
    assert!(!says(&fine_tuning::scene(&summary).unwrap().unwrap()));
    summary.groups.truncate(1);
    let alone = fine_tuning::scene(&summary).unwrap().unwrap();
    assert_eq!(alone.title, "After training on labels, “scratch” gets 2.00 % of test images wrong");
}

#[test]
fn the_title_of_growth_gives_the_change_of_error_parameters_and_time() {
    let group = |side: usize, factor: f64| {
        let values = [
            (subject::AUTOENCODER, "mse_per_pixel", 0.01 * factor),
            (subject::AUTOENCODER, "parameters", 105_392.0 * factor * factor),
            (subject::AUTOENCODER, "seconds", 2.0 * factor.powi(3)),
            (subject::PCA, "mse_per_pixel", 0.0101 * factor),
            (subject::PCA, "parameters", 25_872.0 * factor * factor),
            (subject::PCA, "seconds", 0.01 * factor),
        ];
        Group { side: (side != 28).then_some(side), ..measured(&format!("side-{side}"), 2000, false, &values) }
    };
    let mut summary = summary(&[32], &[(Architecture::Plain, None, 0.8)], 1);
    summary.groups = vec![group(28, 1.0), group(56, 2.0), group(112, 4.0)];
    let scene = growth::scene(&summary).unwrap().unwrap();
    texts_are_apart_and_inside("growth", &scene);
    assert_eq!(
        scene.title,
        "From 28 to 112 pixels a side, the autoencoder's error becomes 4.00 times as high, PCA's 4.00 times"
    );
    summary.groups.truncate(1);
    assert!(growth::scene(&summary).unwrap().is_none());
}

#[test]
fn the_title_of_learning_curves_mentions_overfitting() {
    let run = parse(&Fixture::default().toml());
    let title = |rise: f64| {
        let mut epochs = Fixture::default().epochs();
        let count = epochs.len();
        for (index, epoch) in epochs.iter_mut().enumerate() {
            let late = (index as f64 / count as f64 - 0.2).max(0.0);
            epoch.validation_loss = Some(epoch.train_loss.max(0.02) * (1.0 + rise * late));
        }
        let scene = learning_curves::scene(&run, &epochs, None).unwrap();
        texts_are_apart_and_inside("learning_curves", &scene);
        scene.title
    };
    assert!(
        title(0.5).starts_with("Overfitting: validation error is lowest at epoch 3, 0.0200, and ends at "),
        "{}",
        title(0.5)
    );
    assert!(title(0.01).starts_with("Validation error falls from "), "{}", title(0.01));
}

#[test]
fn a_training_without_validation_is_not_held_against_baselines_as_a_success() {
    let fixture = Fixture::default();
    let run = parse(&fixture.toml());
    let mut epochs = fixture.epochs();
    epochs.iter_mut().for_each(|epoch| epoch.validation_loss = None);
    let scene = learning_curves::scene(&run, &epochs, Some(&fixture.metrics())).unwrap();
    texts_are_apart_and_inside("learning_curves", &scene);
    assert_eq!(scene.title, "Training loss falls from 0.0539 to 0.0119 in 30 epochs; PCA's training error is 0.0194");
    let has = |scene: &Scene, part: &str| scene.texts().iter().any(|text| text.text.contains(part));
    assert!(has(&scene, "PCA, training split 0.0194"));
    let scene = learning_curves::scene(&run, &fixture.epochs(), Some(&fixture.metrics())).unwrap();
    assert!(has(&scene, "PCA, validation split 0.0198") && !has(&scene, "off scale"));
}

#[test]
fn a_baseline_far_from_the_curves_does_not_press_them_together() {
    let fixture = Fixture { ratio: 0.02, ..Fixture::default() };
    let run = parse(&fixture.toml());
    let scene = learning_curves::scene(&run, &fixture.epochs(), Some(&fixture.metrics())).unwrap();
    texts_are_apart_and_inside("learning_curves", &scene);
    assert!(scene.texts().iter().any(|text| text.text == "PCA, validation split 0.0198, off scale"));
}

#[test]
fn units_that_are_active_for_nearly_every_image_are_said_to_be() {
    let run = parse(&Fixture { code: 2, ..Fixture::default() }.toml());
    let title = |own: f64, pca: f64| {
        let shares = [(subject::AUTOENCODER, own), (subject::AUTOENCODER, 0.97), (subject::PCA, pca)];
        let unit = |(unit, (subject, active_share)): (usize, (&str, f64))| record::UnitActivity {
            subject: subject.to_owned(),
            unit,
            active_share,
        };
        let units: Vec<_> = shares.into_iter().enumerate().map(unit).collect();
        let scene = activity::scene(&run, &units).unwrap();
        texts_are_apart_and_inside("activity", &scene);
        assert!(
            scene.texts().iter().any(|text| text.text == "100 %")
                && scene.texts().iter().any(|text| text.text == "0 %")
        );
        (scene.title, scene.height)
    };
    let (flat, low) = title(0.95, 0.96);
    assert_eq!(flat, "All 2 units are active for nearly every test image, as PCA's are");
    assert_eq!(title(0.95, 0.5).0, "All 2 units are active for nearly every test image (PCA: 50 %)");
    let (mixed, high) = title(0.5, 0.96);
    assert_eq!(mixed, "A test image activates 74 % of the 2 units (PCA: 96 %); none is silent");
    assert!(low < high);
}

#[test]
fn one_factor_is_drawn_as_lines_and_several_factors_as_a_table() {
    let run = parse(&Fixture { code: 16, ..Fixture::default() }.toml());
    let scene = |factors: &[&str]| {
        let mut rows = Vec::new();
        for (subject, most) in [(subject::AUTOENCODER, 0.4), (subject::PCA, 0.9)] {
            for unit in 0..16 {
                for factor in factors {
                    let (subject, factor, share) = (subject.to_owned(), (*factor).to_owned(), most / (unit + 1) as f64);
                    rows.push(record::UnitInformation { subject, unit, factor, information: share, share });
                }
            }
        }
        let scene = factors::scene(&run, &rows).unwrap();
        texts_are_apart_and_inside("factors", &scene);
        assert!(scene.title.starts_with("One unit holds at most 40 % of the information on the "), "{}", scene.title);
        assert!(scene.title.ends_with(", one component of PCA 90 %"), "{}", scene.title);
        scene.marks.iter().filter(|mark| matches!(mark, Mark::Path { .. })).count()
    };
    assert_eq!(scene(&["class", "slant"]), 0);
    assert!(scene(&["class"]) > 2);
}

#[test]
fn figures_of_tables_use_the_words_row_and_column() {
    let mut summary = summary(&[3], &[(Architecture::Plain, Some("images-100"), 0.5)], 3);
    summary.dataset = DatasetName::Sensors.name().to_owned();
    for subject in [subject::AUTOENCODER, subject::PCA, subject::KTH_NEIGHBOUR] {
        add(&mut summary.groups[0], subject, "left_out_auroc", 0.4);
    }
    let scene = summary_figure(Plot::Anomalies, &summary).unwrap().unwrap();
    assert_eq!(
        scene.title,
        "Unseen classes: mean AUROC 0.400 by the autoencoder's error, 0.400 by PCA's, 0.400 by distance; one is below guessing"
    );
    let said = scene.texts().iter().map(|text| text.text.clone()).collect::<Vec<_>>().join(" ");
    assert!(said.contains("distance to the 10th nearest training row") && said.contains("an unseen row"), "{said}");
    assert!(said.contains("images-100") && said.contains("Below guessing: “images-100”."), "names stay: {said}");
}
