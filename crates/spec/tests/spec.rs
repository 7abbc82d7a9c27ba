//! Rules of experiment files, and the messages of their errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::Path;

use spec::catalogue::{Architecture, Beginning, DatasetName, Engine, Plot, SampleWeights, Sampling};
use spec::{Corruption, Optimiser, Regularisation};
use spec::{Experiment, Override};

const FILE: &str = r#"question = "Does it remove noise?"
claims = ["test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel"]
seeds = [0, 1]

[dataset]
name = "glyphs"
train = 1000

[model]
architecture = "plain"
code = [16, 32]

[corruption.gaussian]
sigma = 0.5

[training]
epochs = 3
batch_size = 100
loss = "mse"

[training.adam]
learning_rate = 0.001
"#;

fn load(text: &str, sets: &[&str]) -> Result<Experiment, spec::Error> {
    let overrides: Vec<Override> = sets.iter().map(|set| Override::set(set).unwrap()).collect();
    Experiment::parse(Path::new("experiments/denoising.toml"), text.to_owned(), &overrides)
}

/// The message for the file with one piece of text replaced.
#[track_caller]
fn fault(from: &str, to: &str) -> String {
    assert!(FILE.contains(from), "{from}");
    load(&FILE.replacen(from, to, 1), &[]).unwrap_err().to_string()
}

#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    assert_eq!(fault(from, to), format!("experiments/denoising.toml:{expected}"));
}

#[test]
fn a_file_becomes_one_run_per_code_size_and_seed() {
    let experiment = load(FILE, &[]).unwrap();
    assert_eq!(experiment.name, "denoising");
    let runs: Vec<(usize, u64)> = experiment.runs.iter().map(|run| (run.model.code(), run.seed)).collect();
    assert_eq!(runs, [(16, 0), (16, 1), (32, 0), (32, 1)]);
    let run = &experiment.runs[0];
    assert_eq!(run.label(), "plain-16");
    assert_eq!((run.dataset.train, run.dataset.validation, run.dataset.test), (1000, 2000, 4000));
    assert_eq!(run.evaluation.corruption_levels, [0.0, 0.25, 0.5, 0.75, 1.0]);
}

#[test]
fn the_default_counts_are_those_of_the_data_set() {
    let experiment = load(&FILE.replace("train = 1000\n", ""), &["dataset.name=mnist"]).unwrap();
    let dataset = &experiment.runs[0].dataset;
    assert_eq!(dataset.named(), Some(DatasetName::Mnist));
    assert_eq!((dataset.train, dataset.validation, dataset.test), (60_000, 0, 10_000));
    let held_out = load(&FILE.replace("train = 1000\n", "validation = 5000\n"), &["dataset.name=mnist"]).unwrap();
    assert_eq!(held_out.runs[0].dataset.train, 55_000);
}

#[test]
fn a_resolved_run_is_read_back_the_same() {
    let pretraining = "[training.pretraining]\nepochs = 2\n[training.pretraining.corruption.masking]\nfraction = 0.25\n\
                       [training.early_stopping]\npatience = 3\n[training.schedule.step]\nevery = 2\nfactor = 0.1\n\
                       [training.regularisation]\nl2 = 0.001\ndropout = 0.1\n";
    for text in [
        FILE.to_owned(),
        FILE.to_owned() + pretraining,
        FILE.replace("claims", "# claims") + "[variants.small]\ndataset.train = 200",
    ] {
        for run in load(&text, &[]).unwrap().runs {
            let again = load(&run.to_toml(), &[]).unwrap();
            assert_eq!(again.runs, [run]);
        }
    }
}

#[test]
fn set_reaches_nested_keys_and_replaces_alternatives() {
    let sets =
        ["training.sgd.learning_rate=0.1", "corruption.masking.fraction=0.25", "model.architecture=deep", "seeds=[7]"];
    let run = &load(FILE, &sets).unwrap().runs[0];
    assert_eq!(run.training.optimiser, Optimiser::Sgd { learning_rate: 0.1, momentum: 0.0 });
    assert_eq!(run.corruption, Some(Corruption::Masking { fraction: 0.25 }));
    assert_eq!(run.model.architecture, Some(Architecture::Deep));
    assert_eq!(run.seed, 7);
    assert_eq!(load(FILE, &["corruption=none"]).unwrap().runs[0].corruption, None);
}

#[test]
fn a_name_cannot_be_a_path_outside_the_folder_of_results() {
    for name in ["../x", "/x", "a/b", "a\\\\b", "..", ".", "", "a\\u0000", "report", "records", "baselines", "compare"]
    {
        let fault = load(&format!("name = \"{name}\"\n{FILE}"), &[]).unwrap_err().to_string();
        assert!(
            fault.starts_with("experiments/denoising.toml:1:8: ") && fault.contains("cannot name an experiment"),
            "{fault}"
        );
        let fault = load(&format!("variant = \"{name}\"\n{FILE}"), &[]);
        assert!(fault.is_err() || ["report", "records", "baselines", "compare"].contains(&name), "{name}");
    }
}

#[test]
fn a_resolved_spec_gives_the_same_run() {
    for set in
        ["corruption.gaussian.sigma=6", "corruption.masking.fraction=0.7", "training.adam.beta1=0.1", "question=a'b\"c"]
    {
        for run in load(FILE, &[set]).unwrap().runs {
            assert_eq!(load(&run.to_toml(), &[]).unwrap().runs, [run], "{set}");
        }
    }
    let mixed = load(FILE, &["training.corruption_levels=[0.1, 1]"]).unwrap();
    assert_eq!(mixed.runs[0].training.corruption_levels, Some([0.1, 1.0]));
    assert_eq!(load(&mixed.runs[0].to_toml(), &[]).unwrap().runs, mixed.runs[..1]);
    for (levels, fault) in [
        ("[0.5]", "lists 1 numbers; expected the least and the greatest"),
        ("[1, 0.5]", "expected increasing numbers from 0 to 10"),
        ("[0, 11]", "expected increasing numbers from 0 to 10"),
    ] {
        let found = load(FILE, &[&format!("training.corruption_levels={levels}")]).unwrap_err().to_string();
        assert!(found.contains(fault), "{found}");
    }
    let fault = load(FILE, &["corruption.gaussian.sigma=1", "evaluation.corruption_levels=[0.1, 0.1000000001]"]);
    assert!(fault.unwrap_err().to_string().contains("expected increasing numbers"));
}

#[test]
fn errors_in_flags_name_the_flag() {
    let fault = |set: &str| load(FILE, &[set]).unwrap_err().to_string();
    assert_eq!(
        fault("training.epochs=0"),
        "--set training.epochs=0: training.epochs = 0: expected a number from 1 to 1000000"
    );
    assert!(fault("training.epoch=1").contains("did you mean `epochs`?"));
    assert!(
        fault("training.epochs=many")
            .starts_with("--set training.epochs=many: invalid type: string \"many\", expected a whole number")
    );
    assert!(fault("seeds=1,2").contains("expected a list"));
    assert!(fault("corruption=gaussian").contains("expected a table of its keys"));
    let few = load(FILE, &["dataset.train=16", "training.batch_size=8"]).unwrap_err().to_string();
    assert!(few.contains("needs more than 16 training rows"), "{few}");
    assert!(load(FILE, &["question=Is it so?"]).is_ok(), "a value that is not TOML is text");
    assert!(Override::set("epochs").unwrap_err().to_string().contains("expected path.to.key=VALUE"));
    assert!(fault("training..epochs=1").starts_with("--set training..epochs=1: "));
}

#[test]
fn a_variant_is_the_file_with_some_keys_changed() {
    let text = FILE.replace("test.autoencoder", "wide.test.autoencoder").replace("test.pca", "narrow.test.pca")
        + "[variants.wide]\nmodel.code = 128\n[variants.narrow]\nmodel.code = 2\n";
    let runs = load(&text.replace("pixel < ", "pixel[128] < ").replace("pixel\"]", "pixel[2]\"]"), &[]).unwrap().runs;
    let labels: Vec<String> = runs.iter().map(|run| run.label()).collect();
    assert_eq!(labels, ["plain-128-wide", "plain-128-wide", "plain-2-narrow", "plain-2-narrow"]);
    let fault = |text: String| load(&text, &[]).unwrap_err().to_string();
    assert!(fault(text.replace("code = 128", "code = 0")).contains(":24:14: model.code = 0: expected at least 1 unit"));
    assert!(
        fault(text.replace("code = 128", "code = 0"))
            .contains("(in variant `wide`; use --set variants.NAME.KEY to change")
    );
    let open = FILE.to_owned() + "[variants.wide]\nmodel.code = 128\n[variants.narrow]\nmodel.code = 2\n";
    assert!(load(&open, &[]).is_ok(), "a claim without a variant is about every variant");
    assert!(fault(text.replace("\"wide.", "\"other.")).contains("unknown variant `other`"));
    assert!(fault(FILE.to_owned() + "[variants.\"../x\"]\n").contains("is not a name"));
    let named = text.replace("[variants.wide]\n", "[variants.wide]\nseeds = [3]\n");
    assert!(fault(named).contains("a variant cannot change `seeds`, only dataset, model,"));
    let elsewhere = text.replace("[variants.wide]\n", "[variants.wide]\ndataset.name = \"mnist\"\n");
    assert!(fault(elsewhere).contains("a variant cannot change `dataset.name`"));
    let runs = load(&text, &["variants.wide.training.epochs=7"]).unwrap().runs;
    assert_eq!(runs.iter().map(|run| run.training.epochs).collect::<Vec<_>>(), [7, 7, 3, 3]);
    // In both orders of the flags.
    for flags in [
        ["variants.wide.training.epochs=7", "training.epochs=5"],
        ["training.epochs=5", "variants.wide.training.epochs=7"],
    ] {
        let runs = load(&text, &flags).unwrap().runs;
        assert_eq!(runs.iter().map(|run| run.training.epochs).collect::<Vec<_>>(), [7, 7, 5, 5]);
    }
    let absent = load(&text, &["variants.other.training.epochs=7"]).unwrap_err().to_string();
    assert!(absent.contains("no such variant"), "{absent}");
}

#[test]
fn errors_in_the_file_give_position_and_allowed_values() {
    check(
        "epochs = 3",
        "epoch = 3",
        "17:1: unknown key `epoch`; did you mean `epochs`? (there are: epochs, batch_size, loss, initialisation, warm_up_steps, engine, sample_weights, sampling, corruption_levels, adam, sgd, schedule, regularisation, hard_examples, early_stopping, pretraining, variational, adversarial, transfer, classifier)",
    );
    let architectures: Vec<&str> = Architecture::ALL.iter().map(|architecture| architecture.name()).collect();
    check(
        "\"plain\"",
        "\"plane\"",
        &format!(
            "10:16: unknown architecture `plane`; did you mean `plain`? (there are: {})",
            architectures.join(", ")
        ),
    );
    check("[16, 32]", "-31", "11:8: model.code = -31: expected at least 1 unit");
    check(
        "sigma = 0.5",
        "sigma = -1",
        "14:9: corruption.gaussian.sigma = -1: expected a number above 0 and at most 10",
    );
    check(
        "epochs = 3",
        "epochs = 3\nregularisation.l2 = 2",
        "18:21: training.regularisation.l2 = 2: expected a number from 0 to 1",
    );
    check("epochs = 3", "epochs = 0", "17:10: training.epochs = 0: expected a number from 1 to 1000000");
    check(
        "batch_size = 100",
        "batch_size = 0",
        "18:14: training.batch_size = 0: expected 1 to 1000, the number of training rows",
    );
    check(
        "batch_size = 100",
        "batch_size = 1001",
        "18:14: training.batch_size = 1001: expected 1 to 1000, the number of training rows",
    );
    check("train = 1000", "train = 70001", "7:9: dataset.train of glyphs = 70001: expected a number from 10 to 60000");
    check(
        "train = 1000",
        "train = 59000",
        "7:9: dataset.train 59000 and dataset.validation 2000 add up to more than the 60000 training rows of glyphs",
    );
    check(
        "\"glyphs\"",
        "\"minst\"",
        "6:8: unknown dataset `minst`; did you mean `mnist`? (there are: glyphs, mnist, fashion-mnist, kmnist, letters, surface, sensors)",
    );
    check(
        "gaussian",
        "gausian",
        "13:13: unknown name `gausian`; did you mean `gaussian`? (there are: none, gaussian, masking, salt_and_pepper)",
    );
    check("[0, 1]", "[0, 0]", "3:9: seeds lists 0 twice");
    let lists = "[evaluation]\ntasks = [\"activity\", \"robustness\", \"activity\"]\n[training]";
    check("[training]", lists, "17:9: evaluation.tasks lists `activity` twice");
    check(
        "test.pca",
        "test.pac",
        &format!(
            "2:11: unknown subject `pac`; did you mean `pca`? (there are: {})",
            spec::measures::subjects().join(", ")
        ),
    );
    check(
        "[training.adam]\nlearning_rate = 0.001\n",
        "",
        "17:10: an optimiser is missing: add [training.adam] or [training.sgd] with its learning_rate",
    );
    check("question = \"Does it remove noise?\"\n", "", "1:1: the key `question` is missing here");
    check("= 3", "=", "17:9: string values must be quoted, expected literal string");
}

#[test]
fn rules_between_keys_are_checked() {
    assert!(
        fault("loss = \"mse\"", "loss = \"mse\"\nearly_stopping.patience = 2\n[dataset2]")
            .contains("unknown key `dataset2`")
    );
    let text =
        FILE.replace("train = 1000", "train = 1000\nvalidation = 0") + "[training.early_stopping]\npatience = 2\n";
    assert!(load(&text, &[]).unwrap_err().to_string().contains("set dataset.validation above 0"));
    let linear = ["model.architecture=linear"];
    let text = FILE.replace("\"mse\"", "\"bce\"");
    assert!(load(&text, &linear).unwrap_err().to_string().contains("needs a sigmoid output"));
    let text = FILE.to_owned() + "[training.pretraining]\nepochs = 1\n";
    assert!(load(&text, &linear).unwrap_err().to_string().contains("needs hidden layers"));
    let text = FILE.to_owned() + "[training.pretraining]\nepochs = 1\ncorruption.gaussian.sigma = 0.1\n";
    assert!(load(&text, &[]).unwrap_err().to_string().contains("only masking is possible"));
    let claim = "test.autoencoder.mse_per_pixel <";
    let noise = "[corruption.gaussian]\nsigma = 0.5\n";
    let text = FILE.replace(claim, "test.corrupted_input.ssim <");
    assert!(load(&text, &[]).is_ok());
    assert!(load(&text.replace(noise, ""), &[]).unwrap_err().to_string().contains("only measured with a [corruption]"));
    let text = FILE.replace(claim, "validation.autoencoder.ssim <").replace("train = 1000", "validation = 0");
    assert!(load(&text, &[]).unwrap_err().to_string().contains("there is no validation split"));
    let text = FILE.replace(claim, "test.autoencoder.mse_per_pixel[64] <");
    assert!(load(&text, &[]).unwrap_err().to_string().contains("[64] is not a code size of this experiment"));
    assert!(load(&text, &["training.epochs=2"]).is_ok(), "a flag may leave a claim open");
}

#[test]
fn regularisation_is_off_by_default_and_has_ranges() {
    let training = |set: &[&str]| load(FILE, set).unwrap().runs[0].training.clone();
    let plain = training(&[]);
    assert_eq!(plain.regularisation, Regularisation::default());
    assert_eq!((plain.engine, plain.sample_weights), (Engine::Fused, SampleWeights::Uniform));
    let set = training(&[
        "training.regularisation.l2=0.001",
        "training.regularisation.weight_decay=0.5",
        "training.regularisation.code_l1=0.25",
        "training.regularisation.dropout=0.125",
        "training.sample_weights=balanced",
        "training.engine=tape",
    ]);
    let Regularisation { l2, weight_decay, code_l1, dropout, .. } = set.regularisation;
    assert_eq!([l2, weight_decay, code_l1, dropout], [0.001, 0.5, 0.25, 0.125]);
    assert_eq!((set.engine, set.sample_weights), (Engine::Tape, SampleWeights::Balanced));

    let fault = |set: &str| load(FILE, &[set]).unwrap_err().to_string();
    assert!(fault("training.regularisation.l2=-1").contains("regularisation.l2 = -1: expected a number from 0 to 1"));
    assert!(fault("training.regularisation.dropout=1").contains("expected a number from 0 to below 1"));
    assert!(fault("training.regularisation.dropuot=0.1").contains("did you mean `dropout`?"));
    assert!(fault("training.sample_weights=balnced").contains("did you mean `balanced`?"));
    assert!(fault("training.engine=fussed").contains("did you mean `fused`? (there are: fused, tape)"));
    let linear = ["model.architecture=linear", "training.regularisation.dropout=0.1"];
    let fault = load(FILE, &linear).unwrap_err().to_string();
    assert!(fault.contains("training.regularisation.dropout needs hidden layers, but `linear` has none"), "{fault}");
}

#[test]
fn sampling_is_left_out_of_the_resolved_spec_unless_it_is_balanced() {
    let run = |set: &[&str]| load(FILE, set).unwrap().runs.remove(0);
    assert_eq!(run(&[]).training.sampling, Sampling::Shuffled);
    assert_eq!(run(&[]), run(&["training.sampling=shuffled"]));
    assert!(!run(&[]).to_toml().contains("sampling"));
    let balanced = run(&["training.sampling=balanced"]);
    assert_eq!(balanced.training.sampling, Sampling::Balanced);
    assert_eq!(load(&balanced.to_toml(), &[]).unwrap().runs, [balanced]);
    let both = load(FILE, &["training.sampling=balanced", "training.sample_weights=balanced"]).unwrap_err().to_string();
    assert!(both.contains("gives each class the same share already"), "{both}");
    let fault = load(FILE, &["training.sampling=balnced"]).unwrap_err().to_string();
    assert!(fault.contains("did you mean `balanced`? (there are: shuffled, balanced)"), "{fault}");
}

#[test]
fn hard_examples_have_a_focus_and_cannot_be_combined_with_balanced_weights() {
    let run = |set: &[&str]| load(FILE, set).unwrap().runs.remove(0);
    assert_eq!(run(&[]).training.hard_examples, None);
    let focus = |set: &[&str]| run(set).training.hard_examples.map(|hard| hard.focus);
    assert_eq!(focus(&["training.hard_examples={}"]), Some(1.0));
    let hard = run(&["training.hard_examples.focus=2.5"]);
    assert_eq!(focus(&["training.hard_examples.focus=2.5"]), Some(2.5));
    assert_eq!(load(&hard.to_toml(), &[]).unwrap().runs, [hard]);
    for (value, expected) in [("0", "= 0: expected a number above 0 and at most 5"), ("5.1", "at most 5")] {
        let fault = load(FILE, &[&format!("training.hard_examples.focus={value}")]).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
    }
    let both = load(FILE, &["training.hard_examples.focus=1", "training.sample_weights=balanced"]);
    assert!(both.unwrap_err().to_string().contains("remove one of them"));
}

#[test]
fn a_transfer_has_a_source_and_a_tuned_part() {
    let transfer = ["training.transfer.from=mnist", "training.transfer.epochs=5", "training.transfer.tune=decoder"];
    let with = |more: &[&str]| load(FILE, &[&transfer[..], more].concat());
    let run = |more: &[&str]| with(more).unwrap().runs.remove(0);
    let base = run(&[]);
    let source = base.source().unwrap();
    assert_eq!(
        (source.named(), source.train, source.validation, source.test),
        (Some(DatasetName::Mnist), 1000, 2000, 4000)
    );
    assert_eq!((base.epochs(), base.images_passed()), (8, 8000));
    assert_eq!(load(&base.to_toml(), &[]).unwrap().runs, [base]);
    let nothing = run(&["training.transfer.tune=nothing", "training.transfer.train=5000"]);
    assert_eq!((nothing.epochs(), nothing.images_passed()), (5, 25_000));
    assert_eq!(load(FILE, &[]).unwrap().runs[0].source(), None);

    let fault = |more: &[&str]| with(more).unwrap_err().to_string();
    assert!(fault(&["training.transfer.train=99"]).contains("= 99: expected a number from 100 to 58000"));
    assert!(fault(&["training.transfer.tune=encoder"]).contains("(there are: nothing, decoder, all)"));
    assert!(fault(&["training.transfer.from=minst"]).contains("did you mean `mnist`?"));
    let task = ["evaluation.tasks=[\"transfer\"]"];
    assert!(
        run(&task).evaluation.plots.contains(&Plot::Transfer) && !run(&[]).evaluation.plots.contains(&Plot::Transfer)
    );
    let alone = load(FILE, &task).unwrap_err().to_string();
    assert!(alone.contains("`transfer` needs a source: add [training.transfer]"), "{alone}");
    assert!(fault(&["model.tied=true"]).contains("would also train the encoder"));
    assert!(with(&["model.tied=true", "training.transfer.tune=all"]).is_ok());
    let anomaly = ["training.transfer.from=letters", "evaluation.tasks=[\"anomaly\"]"];
    assert!(fault(&anomaly).contains("`anomaly` needs images of `letters` that the network never saw"));
    assert!(with(&anomaly[1..]).is_ok());
    let judged = ["training.adversarial.weight=0.1", "training.adversarial.adam.learning_rate=0.1"];
    assert!(fault(&judged).contains("training.transfer cannot be combined with training.adversarial"));
    assert!(fault(&["training.pretraining.epochs=1"]).contains("cannot be combined with training.pretraining"));
    let warm = ["model.architecture=variational", "training.variational.warm_up=2"];
    assert!(fault(&warm).contains("cannot be combined with training.variational.warm_up"));
    assert!(with(&warm[..1]).is_ok());
}

#[test]
fn a_classifier_has_its_own_epochs_and_optimiser() {
    let classifier = ["training.classifier.epochs=7", "training.classifier.sgd.learning_rate=0.1"];
    let with = |more: &[&str]| load(FILE, &[&classifier[..], more].concat());
    let run = |more: &[&str]| with(more).unwrap().runs.remove(0);
    let base = run(&[]);
    assert_eq!(base.epochs(), load(FILE, &[]).unwrap().runs[0].epochs() + 7);
    let own = base.training.classifier.unwrap();
    assert_eq!((own.from, own.dropout), (Beginning::Autoencoder, 0.0));
    assert_eq!(own.optimiser, Optimiser::Sgd { learning_rate: 0.1, momentum: 0.0 });
    assert_eq!(load(&base.to_toml(), &[]).unwrap().runs, [base]);
    let scratch = run(&["training.classifier.from=scratch"]).training.classifier.unwrap();
    assert_eq!(scratch.from, Beginning::Scratch);
    assert!(!load(FILE, &[]).unwrap().runs[0].to_toml().contains("classifier"));

    let fault = |more: &[&str]| with(more).unwrap_err().to_string();
    let error = fault(&["model.architecture=recurrent"]);
    assert!(
        error.contains("needs an encoder of dense layers and a code without noise, which `recurrent` does not have"),
        "{error}"
    );
    assert!(fault(&["training.classifier.epochs=0"]).contains("training.classifier.epochs = 0: expected"));
    assert!(fault(&["training.classifier.dropout=1.0"]).contains("= 1.0: expected a number from 0 to below 1"));
    let flat = ["model.architecture=shallow", "training.classifier.dropout=0.5"];
    assert!(fault(&flat).contains("training.classifier.dropout needs hidden layers"));
    let both = "\n[training.classifier]\nepochs = 2\nadam.learning_rate = 0.1\nsgd.learning_rate = 0.1\n";
    let error = load(&(FILE.to_owned() + both), &[]).unwrap_err().to_string();
    assert!(error.contains("[training.classifier.adam] or [training.classifier.sgd]"), "{error}");
    assert!(fault(&["training.classifier.from=scrach"]).contains("did you mean `scratch`?"));
    let transfer = ["training.transfer.from=mnist", "training.transfer.epochs=5", "training.transfer.tune=all"];
    assert!(fault(&transfer).contains("training.classifier cannot be combined with training.transfer"));
    let judged = ["training.adversarial.weight=0.1", "training.adversarial.adam.learning_rate=0.1"];
    assert!(fault(&judged).contains("training.classifier cannot be combined with training.adversarial"));

    let task = ["evaluation.tasks=[\"fine_tuning\"]"];
    assert!(
        run(&task).evaluation.plots.contains(&Plot::FineTuning)
            && !run(&[]).evaluation.plots.contains(&Plot::FineTuning)
    );
    let alone = load(FILE, &task).unwrap_err().to_string();
    assert!(alone.contains("`fine_tuning` needs a classifier: add [training.classifier]"), "{alone}");
}

#[test]
fn a_claim_about_a_rare_class_needs_a_rare_class() {
    let text = FILE.replace("test.autoencoder.mse_per_pixel <", "test.autoencoder.rare_class_mse <")
        + "[evaluation]\ntasks = [\"classes\"]\n";
    let fault = load(&text, &[]).unwrap_err().to_string();
    assert!(fault.contains("`autoencoder.rare_class_mse` is only measured with a [dataset.rare]"), "{fault}");
    let rare = text.replace("train = 1000", "train = 1000\nrare = { class = 8, share = 0.01 }");
    assert!(load(&rare, &[]).is_ok());
    assert!(load(&text.replace("rare_class_mse", "mse_of_class_8"), &[]).is_ok());
}

#[test]
fn a_claim_about_a_measure_of_some_data_sets_is_refused_for_others() {
    let file = |field: &str, task: &str| {
        FILE.replace("test.autoencoder.mse_per_pixel <", &format!("test.autoencoder.{field} <"))
            + &format!("[evaluation]\ntasks = [\"{task}\"]\n")
    };
    let left_out = file("left_out_auroc", "anomaly");
    let fault = load(&left_out, &[]).unwrap_err().to_string();
    assert!(
        fault.contains(
            "`autoencoder.left_out_auroc` is only measured with dataset.without, dataset.only or [dataset.rare]"
        ),
        "{fault}"
    );
    assert!(load(&left_out.replace("train = 1000", "train = 1000\nwithout = 3"), &[]).is_ok());
    assert!(load(&left_out.replace("left_out_auroc", "noise_auroc"), &[]).is_ok());
    let floor = file("excess_over_floor", "components");
    let fault = load(&floor, &[]).unwrap_err().to_string();
    assert!(
        fault.contains("`autoencoder.excess_over_floor` is only measured on data with noise of known variance"),
        "{fault}"
    );
    assert!(load(&floor.replace("\"glyphs\"", "\"surface\"").replace("\"mnist\"", "\"surface\""), &[]).is_ok());
}

#[test]
fn a_missing_file_is_named() {
    let error = Experiment::load(Path::new("no/such.toml"), &[]).unwrap_err().to_string();
    assert_eq!(error, "cannot read no/such.toml");
}

proptest::proptest! {
    #[test]
    fn no_file_or_flag_makes_the_reader_panic(at in 0..FILE.len(), cut in 0..40usize, text in ".{0,12}", set in ".{0,30}") {
        let end = (at + cut).min(FILE.len());
        let mangled = [&FILE[..at], &text, &FILE[end..]].concat();
        let overrides: Vec<Override> = Override::set(&set).into_iter().collect();
        let _ = Experiment::parse(Path::new("mangled.toml"), mangled, &overrides);
    }
}

#[test]
fn a_number_that_rounds_to_zero_is_refused_and_shown_as_written() {
    let with = |text: &str| fault("learning_rate = 0.001", &format!("learning_rate = {text}"));
    for text in ["1e-400", "1e-50", "4_0.0e-60"] {
        assert!(with(text).contains(&format!("training.adam.learning_rate = {text}: too small")), "{}", with(text));
    }
    let l2 = |text: &str| fault("[training.adam]", &format!("[training.regularisation]\nl2 = {text}\n[training.adam]"));
    assert!(l2("1e-50").contains("training.regularisation.l2 = 1e-50: too small"), "{}", l2("1e-50"));
    let levels = fault("[training]", "[evaluation]\ncorruption_levels = [0, 1e-400, 0.5]\n[training]");
    assert!(levels.contains("evaluation.corruption_levels = 1e-400: too small"), "{levels}");
    let zeros =
        FILE.replace("[training.adam]", "[training.regularisation]\nl2 = 0e-400\ndropout = -0.0\n[training.adam]");
    assert!(load(&zeros, &[]).is_ok());
}

#[test]
fn a_number_out_of_range_is_shown_as_written() {
    check(
        "learning_rate = 0.001",
        "learning_rate = 1e308",
        "22:17: training.adam.learning_rate = 1e308: expected a number above 0 and at most 10",
    );
    check("epochs = 3", "epochs = 0", "17:10: training.epochs = 0: expected a number from 1 to 1000000");
}

#[test]
fn a_claim_with_a_number_that_rounds_to_zero_or_infinity_is_refused() {
    let with = |number: &str| fault("test.pca.mse_per_pixel\"", &format!("{number} * test.pca.mse_per_pixel\""));
    assert!(with("1e-400").contains("`1e-400` is too small"), "{}", with("1e-400"));
    assert!(with("1e400").contains("`1e400` is not a finite number"), "{}", with("1e400"));
    assert!(fault("< test.pca.mse_per_pixel", "< 3e-999").contains("`3e-999` is too small"));
}

#[test]
fn control_characters_in_texts_of_the_report_are_refused() {
    check(
        "Does it",
        "Does\\u001b[31m it",
        "1:12: question contains the control character \\u{1b}: remove it, and write one line",
    );
    assert!(fault("\"Does it remove noise?\"", "\"\"\"Does\nit?\"\"\"").contains("the control character \\n"));
    assert!(fault("mse_per_pixel <", "mse_per_pixel <\\n").contains("a claim contains the control character \\n"));
}

#[test]
fn variants_whose_names_differ_only_in_case_are_refused() {
    let variants =
        |names: [&str; 2]| load(&(FILE.to_owned() + &names.map(|name| format!("[variants.{name}]\n")).concat()), &[]);
    let fault = variants(["Noisy", "noisy"]).unwrap_err().to_string();
    assert!(fault.contains("`noisy` differs from variant `Noisy` only in upper and lower case"), "{fault}");
    assert!(variants(["noisy", "noisier"]).is_ok());
    for name in ["Report", "BASELINES", "con", "Nul", "com1", "LPT9"] {
        assert!(load(FILE, &[&format!("name={name}")]).is_err(), "{name}");
    }
    for name in ["common", "com", "lpt10", "nullable"] {
        assert!(load(FILE, &[&format!("name={name}")]).is_ok(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_folder_is_refused_without_opening_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reason = |path| std::error::Error::source(&Experiment::load(path, &[]).unwrap_err()).unwrap().to_string();
    assert_eq!(reason(&pipe), "it is a pipe or a device; expected a regular file");
    assert_eq!(reason(folder.path()), "it is a folder; expected a file");
}
