//! Writes the embedded fonts into a PDF file: whole font files, glyph numbers as codes, and a table from glyphs to
//! characters.

use std::collections::BTreeMap;

use canvas::text::Weight;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use ttf_parser::Face;

use crate::error::Error;
use crate::page::compressed;

/// Both weights, each with its name in a page and its name in the file.
pub(crate) const WEIGHTS: [(Weight, Name<'static>, Name<'static>); 2] = [
    // In a PDF file, the name of an embedded part of a font begins with six letters.
    (Weight::Regular, Name(b"F0"), Name(b"HGLASS+OpenSans-Regular")),
    (Weight::Bold, Name(b"F1"), Name(b"HGLASS+OpenSans-Bold")),
];

const SYSTEM_INFO: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Units of an em in widths of a PDF file.
const EM: f64 = 1000.0;

/// The font of one weight, and the glyphs that a page uses.
pub(crate) struct Font {
    face: Face<'static>,
    file: &'static [u8],
    /// Map from glyph number to character.
    shown: BTreeMap<u16, char>,
    is_used: bool,
}

impl Font {
    pub(crate) fn open(weight: Weight) -> Result<Self, Error> {
        let file = weight.file();
        let face = Face::parse(file, 0).map_err(|_| Error::Font("it is not a TrueType file"))?;
        Ok(Self { face, file, shown: BTreeMap::new(), is_used: false })
    }

    /// Codes of a text, two bytes for each character, and the width of the text in em. A character that the font lacks
    /// has glyph 0.
    pub(crate) fn encode(&mut self, text: &str) -> (Vec<u8>, f64) {
        self.is_used = true;
        let (mut codes, mut units) = (Vec::with_capacity(2 * text.len()), 0);
        for c in text.chars() {
            let glyph = self.face.glyph_index(c).unwrap_or_default();
            if glyph.0 != 0 {
                self.shown.entry(glyph.0).or_insert(c);
            }
            codes.extend(glyph.0.to_be_bytes());
            units += u32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
        }
        (codes, f64::from(units) / f64::from(self.face.units_per_em()))
    }

    /// True if no text uses the font.
    pub(crate) fn is_unused(&self) -> bool {
        !self.is_used
    }

    /// Writes the font as the object `id`; `next` returns numbers for further objects.
    pub(crate) fn write(
        &self,
        pdf: &mut Pdf,
        name: Name<'_>,
        id: Ref,
        mut next: impl FnMut() -> Ref,
    ) -> Result<(), Error> {
        let [descendant, descriptor, file, characters] = [(); 4].map(|()| next());
        pdf.type0_font(id)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(characters);

        let em = |units: i32| (f64::from(units) * EM / f64::from(self.face.units_per_em())) as f32;
        let width = |glyph: u16| em(self.face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or(0).into());
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM_INFO).font_descriptor(descriptor);
        cid.default_width(width(0)).cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid.widths();
        for &glyph in self.shown.keys() {
            widths.consecutive(glyph, [width(glyph)]);
        }
        widths.finish();
        cid.finish();

        let of = |value: Option<i16>| em(value.unwrap_or(0).into());
        let bounds = self.face.global_bounding_box();
        let ends = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|end| em(end.into()));
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(ends[0], ends[1], ends[2], ends[3]))
            .italic_angle(0.0)
            .ascent(em(self.face.ascender().into()))
            .descent(em(self.face.descender().into()))
            .cap_height(of(self.face.capital_height().or(Some(self.face.ascender()))))
            .stem_v(if self.face.is_bold() { 140.0 } else { 80.0 })
            .font_file2(file);

        let small = compressed(self.file)?;
        let mut stream = pdf.stream(file, &small);
        stream.filter(Filter::FlateDecode);
        stream.pair(Name(b"Length1"), self.file.len() as i32);
        stream.finish();

        let mut map = UnicodeCmap::new(Name(b"Hourglass"), SYSTEM_INFO);
        for (&glyph, &c) in &self.shown {
            map.pair(glyph, c);
        }
        pdf.stream(characters, &compressed(&map.finish())?).filter(Filter::FlateDecode);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_of_texts_equal_those_of_the_canvas() {
        for (weight, ..) in WEIGHTS {
            let mut font = Font::open(weight).unwrap();
            for text in ["Test error against PCA", "µ ± σ – 0.0123 × 10⁻⁴", ""] {
                let (codes, width) = font.encode(text);
                assert_eq!(codes.len(), 2 * text.chars().count());
                let measured = canvas::text::width(text, 1.0, weight).unwrap();
                // The canvas rounds to thousandths of an em.
                assert!((width - measured).abs() < 2e-3, "{text}: {width} against {measured}");
            }
        }
    }

    #[test]
    fn a_character_that_the_font_lacks_has_glyph_0_and_is_not_in_the_table() {
        let mut font = Font::open(Weight::Regular).unwrap();
        assert!(font.is_unused());
        assert_eq!(font.encode("漢").0, [0, 0]);
        assert!(font.shown.is_empty() && !font.is_unused(), "the page needs the font all the same");
    }
}
