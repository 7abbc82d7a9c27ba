//! Events with the spec of a run, as a text and as hyperparameters, by which TensorBoard sorts and filters runs.

use spec::Run;

use crate::event::{Value, event};
use crate::message::Message;

/// The values at the start of a run: its spec, and the start of its session.
pub fn beginning(run: &Run, started: u64) -> Vec<u8> {
    // Markdown shows indented text unchanged.
    let spec: String = run.to_toml().lines().map(|line| format!("    {line}\n")).collect();
    let hparams = hparams(run)
        .into_iter()
        .fold(Message::new(), |start, (key, value)| start.message(1, &Message::new().text(1, &key).message(2, &value)));
    let start = hparams.text(4, &group(run)).double(5, started as f64);
    let content = Message::new().integer(1, 0).message(3, &start).into_bytes();
    let values = [
        ("experiment.toml".to_owned(), Value::Text(spec)),
        ("_hparams_/session_start_info".to_owned(), Value::HParams(content)),
    ];
    event(started as f64, 0, &values)
}

/// Name of the group of a run. Runs that differ only in the seed share a row in the table of hyperparameters.
pub fn group(run: &Run) -> String {
    format!("{}/{}/{}", run.experiment, run.dataset.name(), run.label())
}

/// Keys that are not hyperparameters of training: names, seeds, facts about the data, and keys of the evaluation.
const LEFT_OUT: [&str; 5] = ["name", "seeds", "variant", "dataset.facts.", "evaluation."];

/// The keys of a resolved spec, and their values as `google.protobuf.Value`.
fn hparams(run: &Run) -> Vec<(String, Message)> {
    let is_left_out =
        |key: &str| LEFT_OUT.iter().any(|left| key == *left || left.ends_with('.') && key.starts_with(left));
    let keys = run.keys().into_iter().filter(|(key, _)| !is_left_out(key));
    keys.map(|(key, value)| {
        let value = match &*value.to_string() {
            truth @ ("true" | "false") => Message::new().integer(4, i64::from(truth == "true")),
            text => match text.parse() {
                Ok(number) => Message::new().double(2, number),
                Err(_) => Message::new().text(3, text.trim_matches('"')),
            },
        };
        (key, value)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use spec::Experiment;

    use super::*;

    #[test]
    fn hyperparameters_are_numbers_booleans_and_texts_without_the_seed() {
        let text = "name = \"a\"\nquestion = \"?\"\nseeds = [1, 2]\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"plain\"\n\
                    code = 8\n[training]\nepochs = 2\nbatch_size = 20\nloss = \"mse\"\nadam.learning_rate = 0.25\n";
        let runs = Experiment::parse("a.toml".as_ref(), text.to_owned(), &[]).unwrap().runs;
        let of: Vec<_> = runs.iter().map(hparams).collect();
        assert_eq!(of[0], of[1]);
        assert_eq!(group(&runs[0]), "a/glyphs/plain-8");
        let value = |key: &str| &of[0].iter().find(|(name, _)| name == key).unwrap().1;
        assert_eq!(*value("model.code"), Message::new().double(2, 8.0));
        assert_eq!(*value("training.adam.learning_rate"), Message::new().double(2, 0.25));
        assert_eq!(*value("training.loss"), Message::new().text(3, "mse"));
        assert_eq!(*value("model.tied"), Message::new().integer(4, 0));
    }
}
