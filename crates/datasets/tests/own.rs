//! Tests of splits and scaling of a user's data: planted leaks, and numbers computed by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::HashSet;
use std::fs;

use datasets::own::{By, Scaling, count, part, split};
use datasets::{Raw, Texts, Values};
use spec::Shape;
use spec::own::{Missing, Scale, Weight};
use spec::raw::{self, Column, Header, Kind};

/// Rows of one width, without labels, groups, times or splits.
fn plain(width: usize, values: Vec<f32>) -> Raw {
    let column = |place: usize| {
        let of = || values.iter().skip(place).step_by(width);
        let known: HashSet<u32> = of().filter(|value| !value.is_nan()).map(|value| value.to_bits()).collect();
        Column {
            name: format!("c{place}"),
            kind: Kind::Number,
            missing: of().filter(|value| value.is_nan()).count(),
            is_constant: known.len() < 2,
        }
    };
    let header = Header {
        rows: values.len() / width,
        shape: Shape::Vector { width },
        is_bytes: false,
        entries: 0,
        has_names: true,
        columns: (0..width).map(column).collect(),
        classes: Vec::new(),
        has_groups: false,
        has_times: false,
        has_ids: false,
        rows_of_splits: None,
        dropped: 0,
        overlap: 0,
        source_sha256: String::new(),
    };
    let values = Values::Floats(values);
    Raw { header, values, texts: None, labels: vec![], groups: vec![], times: vec![], splits: vec![] }
}

fn floats(raw: &mut Raw) -> &mut Vec<f32> {
    match &mut raw.values {
        Values::Floats(values) => values,
        Values::Bytes(_) => panic!("bytes"),
    }
}

/// The given rows, filled and scaled.
fn scaled(raw: &Raw, scaling: &Scaling, rows: &[u32]) -> Vec<f32> {
    let [train, ..] = part(raw.clone(), &[rows.to_vec(), vec![], vec![]], Some(scaling));
    match train.values() {
        Values::Floats(values) => values.clone(),
        Values::Bytes(_) => panic!("bytes"),
    }
}

/// Different rows with these labels.
fn labelled(labels: Vec<u16>) -> Raw {
    let classes = labels.iter().max().map_or(0, |most| usize::from(*most) + 1);
    let mut raw = plain(1, (0..labels.len()).map(|row| row as f32).collect());
    raw.header.classes = (0..classes).map(|class| format!("class {class}")).collect();
    raw.labels = labels;
    raw
}

#[test]
fn splits_by_chance_are_disjoint_have_their_counts_and_follow_the_seed() {
    let raw = plain(1, (0..100).map(|row| row as f32).collect());
    let of = |seed| split(&raw, By::Chance, [70, 10, 15], seed).unwrap().rows;
    let splits = of(1);
    assert_eq!(splits.each_ref().map(Vec::len), [70, 10, 15]);
    assert_eq!(splits.concat().into_iter().collect::<HashSet<_>>().len(), 95);
    assert_eq!(splits, of(1));
    assert_ne!(splits, of(2));
}

#[test]
fn each_split_by_chance_has_the_shares_of_the_classes() {
    let raw = labelled((0..1000).map(|row| u16::from(row % 10 == 0) + u16::from(row % 50 == 0)).collect());
    for seed in 0..20 {
        let splits = split(&raw, By::Chance, [700, 100, 200], seed).unwrap().rows;
        for (rows, share) in splits.iter().zip([0.7, 0.1, 0.2]) {
            for (class, size) in [900.0, 80.0, 20.0].into_iter().enumerate() {
                let count = rows.iter().filter(|row| usize::from(raw.labels[**row as usize]) == class).count();
                assert!((count as f64 - share * size).abs() <= 1.5, "seed {seed}, class {class}: {count}");
            }
        }
    }
}

#[test]
fn a_class_of_three_rows_is_in_each_split_and_an_error_names_a_class_of_a_single_row() {
    let rare = |count: usize| labelled((0..100).map(|row| u16::from(row < count)).collect());
    for seed in 0..50 {
        let raw = rare(3);
        let splits = split(&raw, By::Chance, [70, 15, 15], seed).unwrap().rows;
        assert_eq!(splits.each_ref().map(Vec::len), [70, 15, 15]);
        assert_eq!(splits.concat().into_iter().collect::<HashSet<_>>().len(), 100);
        assert!(splits.iter().all(|rows| rows.iter().any(|row| *row < 3)), "seed {seed}");
    }
    let message = split(&rare(1), By::Chance, [70, 15, 15], 0).unwrap_err().to_string();
    assert!(message.starts_with("class `class 1` has too few rows (1 of 100)"), "{message}");
}

#[test]
fn no_group_is_in_two_splits() {
    let mut raw = plain(1, (0..300).map(|row| row as f32).collect());
    raw.groups = (0..300).map(|row| row * 7 % 31).collect();
    for seed in 0..20 {
        let splits = split(&raw, By::Group, [200, 50, 50], seed).unwrap().rows;
        let groups =
            splits.each_ref().map(|rows| rows.iter().map(|row| raw.groups[*row as usize]).collect::<HashSet<_>>());
        assert!(groups[0].is_disjoint(&groups[1]) && groups[0].is_disjoint(&groups[2]));
        assert!(groups[1].is_disjoint(&groups[2]));
        assert!(splits.iter().zip([200, 50, 50]).all(|(rows, asked)| rows.len().abs_diff(asked) <= 10));
    }
    raw.groups = vec![5; 300];
    let message = split(&raw, By::Group, [200, 0, 50], 0).unwrap_err().to_string();
    assert_eq!(
        message,
        "no row is left for the test split: groups stay whole, and there are too few or too large ones"
    );
}

#[test]
fn training_is_older_than_validation_and_validation_older_than_test() {
    let mut raw = plain(1, (0..100).map(|row| row as f32).collect());
    // Four rows at each time, in random order.
    raw.times = (0..100).map(|row| f64::from(row * 37 % 100 / 4)).collect();
    let splits = split(&raw, By::Time, [69, 11, 20], 0).unwrap().rows;
    let times = |place: usize| splits[place].iter().map(|row| raw.times[*row as usize]);
    let (least, most) = (|place| times(place).fold(f64::INFINITY, f64::min), |place| times(place).fold(-1.0, f64::max));
    assert!(most(0) < least(1) && most(1) < least(2));
    assert_eq!(splits.each_ref().map(Vec::len), [68, 12, 20]);
}

#[test]
fn a_column_of_splits_is_followed() {
    let mut raw = plain(1, vec![0.0, 1.0, 2.0, 3.0]);
    assert_eq!(split(&raw, By::Column, [0; 3], 0).unwrap_err().to_string(), "rows have no split to split by");
    raw.splits = vec![2, 0, 0, 1];
    assert_eq!(split(&raw, By::Column, [0; 3], 0).unwrap().rows, [vec![1, 2], vec![3], vec![0]]);
}

#[test]
fn a_split_with_its_own_file_has_the_rows_of_that_file() {
    let mut raw = plain(1, (0..60).map(|row| row as f32).collect());
    // The last 20 of 60 rows are a file of test rows.
    raw.splits = [[0; 40].as_slice(), &[2; 20]].concat();
    let splits = split(&raw, By::Chance, [30, 10, 20], 3).unwrap().rows;
    assert_eq!(splits.each_ref().map(Vec::len), [30, 10, 20]);
    assert_eq!(splits[2], (40..60).collect::<Vec<u32>>());
    let mut first = raw.clone();
    first.header.rows = 40;
    first.splits = Vec::new();
    assert_eq!(
        split(&first, By::Chance, [30, 10, 0], 3).unwrap().rows[..2],
        splits[..2],
        "test rows do not change the other splits"
    );
    raw.splits[40..50].fill(1);
    let splits = split(&raw, By::Chance, [40, 10, 10], 3).unwrap().rows;
    assert_eq!(splits, [(0..40).collect::<Vec<u32>>(), (40..50).collect(), (50..60).collect()]);
}

#[test]
fn files_of_splits_that_share_groups_or_overlap_in_time_are_refused() {
    let mut raw = plain(1, (0..60).map(|row| row as f32).collect());
    raw.splits = [[0; 40].as_slice(), &[2; 20]].concat();
    raw.groups = (0..60).map(|row| row / 4).collect();
    raw.times = (0..60).map(f64::from).collect();
    let rows = |by| split(&raw, by, [32, 8, 20], 0).unwrap().rows.map(|rows| rows.len());
    assert_eq!((rows(By::Group), rows(By::Time)), ([32, 8, 20], [32, 8, 20]));
    let mut leaks = raw.clone();
    leaks.groups[59] = 0;
    let message = split(&leaks, By::Group, [40, 0, 20], 0).unwrap_err().to_string();
    assert_eq!(
        message,
        "split.group: 1 groups are in both the training and the test split; move each group to one file"
    );
    let mut leaks = raw.clone();
    leaks.times[59] = 39.0;
    let message = split(&leaks, By::Time, [40, 0, 20], 0).unwrap_err().to_string();
    assert_eq!(
        message,
        "split.time: 1 rows of the test split are not later than all of the training split; remove these rows, or remove split.time"
    );
}

#[test]
fn no_line_of_overlapping_windows_is_in_two_splits() {
    // Windows of 5 lines start every second line: each shares lines with the next 2.
    let mut raw = plain(1, (0..60).map(|row| row as f32).collect());
    raw.header.overlap = 2;
    raw.times = (0..60).map(|row| f64::from(2 * row)).collect();
    let splits = split(&raw, By::Time, [30, 10, 20], 0).unwrap().rows;
    assert_eq!(splits, [(0..28).collect::<Vec<u32>>(), (30..38).collect(), (40..60).collect()]);
    let message = split(&raw, By::Chance, [30, 10, 20], 0).unwrap_err().to_string();
    assert!(message.starts_with("windows that overlap would be in different splits; set split.time"), "{message}");
}

#[test]
fn columns_of_a_sequence_are_scaled_over_all_steps() {
    let mut raw = plain(4, vec![1.0, 10.0, 3.0, 30.0, 5.0, 50.0, 7.0, 70.0]);
    raw.header.shape = Shape::Sequence { steps: 2, width: 2 };
    raw.header.columns.truncate(2);
    let scaling = Scaling::fit(&raw, &[0, 1], Scale::MinMax, Missing::Refuse).unwrap();
    let found = scaling.columns.iter().map(|column| (column.centre, column.scale)).collect::<Vec<_>>();
    assert_eq!(found, [(1.0, 6.0), (10.0, 60.0)]);
    assert_eq!(scaled(&raw, &scaling, &[1]), [4.0 / 6.0, 40.0 / 60.0, 1.0, 1.0].map(|value: f64| value as f32));
}

#[test]
fn training_texts_alone_decide_the_words() {
    let text = |rows: &[&[(u32, u32)]]| {
        let mut raw = plain(1, Vec::new());
        (raw.header.rows, raw.header.shape, raw.header.columns) = (rows.len(), Shape::Vector { width: 2 }, Vec::new());
        raw.texts = Some(Texts {
            entries: ["rare", "b", "a", "new"].map(str::to_owned).to_vec(),
            pairs: rows.concat(),
            ends: rows
                .iter()
                .scan(0, |end, row| {
                    Some({
                        *end += row.len();
                        *end
                    })
                })
                .collect(),
        });
        raw
    };
    let rows: [&[(u32, u32)]; 4] = [&[(0, 1), (1, 2), (2, 1)], &[(1, 1), (2, 3)], &[(2, 1), (3, 9)], &[(3, 9)]];
    let mut raw = text(&rows);
    count(&mut raw, &[0, 1], Weight::Log).unwrap();
    // Both training rows contain `a` and `b`, which are then ordered by the alphabet. `new` is in two other rows.
    assert_eq!(raw.header.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let [one, two, three] = [2.0_f64, 3.0, 4.0].map(|count| count.ln() as f32);
    assert_eq!(*floats(&mut raw), [one, two, three, one, one, 0.0, 0.0, 0.0]);
    let mut raw = text(&rows);
    count(&mut raw, &[3, 2], Weight::Count).unwrap();
    assert_eq!(*floats(&mut raw), [0.0, 1.0, 0.0, 3.0, 9.0, 1.0, 9.0, 0.0]);
    let message = count(&mut text(&rows), &[3], Weight::Count).unwrap_err().to_string();
    assert_eq!(
        message,
        "dataset.vocabulary is 2, but the training rows have 1 different words or characters; lower dataset.vocabulary"
    );
    let mut copies = text(&[rows[0], rows[1], rows[0]]);
    copies.splits = vec![0, 0, 2];
    assert_eq!(split(&copies, By::Column, [0; 3], 0).unwrap().duplicates, 1);
}

#[test]
fn copies_of_training_rows_in_other_splits_are_counted() {
    let mut raw = plain(2, vec![1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 1.0, 2.5, 3.0, 4.0]);
    raw.splits = vec![0, 0, 1, 2, 2];
    assert_eq!(split(&raw, By::Column, [0; 3], 0).unwrap().duplicates, 2);
}

#[test]
fn scales_equal_those_computed_by_hand() {
    // Training values 1, 2, 3, 6: mean 3, variance 14 / 4, median 2.5, quartiles 1.75 and 3.75. The fifth row is not a
    // training row.
    let raw = plain(1, vec![1.0, 2.0, 3.0, 6.0, 1000.0]);
    for (scale, centre, width) in [
        (Scale::Standard, 3.0, 3.5_f64.sqrt()),
        (Scale::MinMax, 1.0, 5.0),
        (Scale::Robust, 2.5, 2.0),
        (Scale::None, 0.0, 1.0),
    ] {
        let scaling = Scaling::fit(&raw, &[0, 1, 2, 3], scale, Missing::Refuse).unwrap();
        let column = scaling.columns[0];
        assert!((column.centre - centre).abs() < 1e-15 && (column.scale - width).abs() < 1e-15, "{scale:?}");
        let expected = ((1000.0 - centre) / width) as f32;
        assert_eq!(scaled(&raw, &scaling, &[4]), [expected], "{scale:?}");
    }
}

#[test]
fn missing_values_become_the_mean_or_median_of_training() {
    let raw = plain(1, vec![1.0, 2.0, 6.0, f32::NAN, 50.0]);
    let filled = |fill| {
        let scaling = Scaling::fit(&raw, &[0, 1, 2, 3], Scale::None, fill).unwrap();
        scaled(&raw, &scaling, &[3, 4])
    };
    assert_eq!(filled(Missing::Mean), [3.0, 50.0]);
    assert_eq!(filled(Missing::Median), [2.0, 50.0]);
    let message = Scaling::fit(&raw, &[0], Scale::None, Missing::Refuse).unwrap_err().to_string();
    assert_eq!(message, "column `c0` has 1 missing values; set dataset.missing");
}

#[test]
fn test_rows_do_not_change_the_scaling() {
    let values: Vec<f32> = (0..200).map(|value| (value * 37 % 101) as f32 / 7.0).collect();
    let raw = plain(2, values);
    let rows = split(&raw, By::Chance, [60, 10, 30], 3).unwrap().rows;
    for scale in [Scale::Standard, Scale::MinMax, Scale::Robust] {
        let mut changed = raw.clone();
        for row in &rows[2] {
            floats(&mut changed)[*row as usize * 2] = 1e6;
        }
        let bits = |raw: &Raw| {
            let fitted = Scaling::fit(raw, &rows[0], scale, Missing::Mean).unwrap();
            fitted.columns.iter().flat_map(|c| [c.centre, c.scale, c.fill]).map(f64::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(bits(&raw), bits(&changed));
        floats(&mut changed)[rows[0][0] as usize * 2] = 1e6;
        assert_ne!(bits(&raw), bits(&changed), "training rows change the scaling");
    }
}

#[test]
fn a_constant_column_is_refused_and_one_constant_in_training_rows_alone_becomes_0() {
    let raw = plain(2, vec![0.1, 1.0, 0.1, 2.0, 0.1, 3.0]);
    let message = Scaling::fit(&raw, &[0, 1], Scale::Standard, Missing::Refuse).unwrap_err().to_string();
    assert!(message.starts_with("column `c0` is constant"), "{message}");
    let raw = plain(2, vec![0.1, 1.0, 0.1, 2.0, 0.1, 3.0, 0.4, 3.0]);
    let scaling = Scaling::fit(&raw, &[0, 1, 2], Scale::Standard, Missing::Refuse).unwrap();
    let values = scaled(&raw, &scaling, &[0, 1, 2]);
    assert!(values.iter().step_by(2).all(|value| *value == 0.0), "{values:?}");
}

#[test]
fn a_truncated_or_out_of_range_raw_form_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut raw = labelled(vec![0, 1, 1]);
    let of_raw = floats(&mut raw).clone();
    let write = |values: &[f32], labels: &[u16]| {
        system::storage::write_json(&folder.path().join(raw::HEADER), &raw.header).unwrap();
        let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        fs::write(folder.path().join(raw::FLOATS), values).unwrap();
        let labels: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        fs::write(folder.path().join(raw::LABELS), labels).unwrap();
    };
    let refusal = || Raw::load(folder.path()).unwrap_err().to_string();
    write(&of_raw, &raw.labels);
    assert_eq!(Raw::load(folder.path()).unwrap(), raw);
    write(&of_raw[..2], &raw.labels);
    assert!(refusal().contains("8 bytes do not hold 3 rows"));
    write(&of_raw, &[0, 1, 2]);
    assert!(refusal().contains("out of range"));
    write(&[0.0, f32::INFINITY, 2.0], &raw.labels);
    assert!(refusal().contains("out of range"));
}

#[test]
fn every_row_is_in_its_split() {
    let raw = plain(2, (0..40).map(|value| value as f32).collect());
    let rows = [vec![1, 4, 5, 19], vec![0, 7], vec![2, 3, 18]];
    let parts = part(raw, &rows, None);
    for (part, rows) in parts.iter().zip(&rows) {
        let expected = rows.iter().flat_map(|row| [*row as f32 * 2.0, *row as f32 * 2.0 + 1.0]).collect();
        assert_eq!(*part.values(), Values::Floats(expected));
    }
}
