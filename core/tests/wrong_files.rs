//! What people pick by mistake is named, with what to do about it; what only looks odd is read.

mod common;

use common::fixture;
use gridleak_core::{Capture, CaptureError};

fn refuse(bytes: &[u8]) -> CaptureError {
    Capture::from_bytes("Amp.nam", bytes).expect_err("it should be refused")
}

/// A tar archive of one file.
fn tar() -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..7].copy_from_slice(b"Amp.nam");
    header[257..265].copy_from_slice(b"ustar\x0000");
    [header, b"{}".to_vec(), vec![0; 1022]].concat()
}

#[test]
fn files_of_other_kinds_are_named() {
    let tar = tar();
    let elf = [&b"\x7fELF\x02\x01\x01"[..], &[0; 60]].concat();
    let cases: &[(&[u8], &str, &str)] = &[
        (b"PK\x03\x04\x14\0\0\0\0\0\x0b\x65Amp/Amp.nam{", "archive (ZIP)", "Unpack it"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "archive (7Z)", "Unpack it"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "archive (GZ)", "Unpack it"),
        (b"Rar!\x1a\x07\x01\0", "archive (RAR)", "Unpack it"),
        (b"\xfd7zXZ\0\0\x04", "archive (XZ)", "Unpack it"),
        (b"(\xb5\x2f\xfd\0\0\0\0", "archive (ZST)", "Unpack it"),
        (&tar, "archive (TAR)", "Unpack it"),
        (
            b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\x12\0archive/data.pkl",
            "PyTorch checkpoint",
            "Export",
        ),
        (
            b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
            "web page",
            "download the .nam file itself",
        ),
        (b"\xef\xbb\xbf\r\n <!-- saved --><HTML>", "web page", "sign in"),
        (b"<?xml version=\"1.0\"?><!DOCTYPE HTML>", "web page", "sign in"),
        (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "XML", "sign in"),
        (b"<?xml version=\"1.0\"?>\n<svg width=\"9\"/>", "picture (SVG)", "Pick a .nam"),
        (b"<svg/>", "picture (SVG)", "Pick a .nam"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 298345\n",
            "Git LFS pointer",
            "git lfs pull",
        ),
        (b"RIFF\x24\0\0\0WAVEfmt ", "sound file (WAV)", "as a cabinet"),
        (b"FORM\0\0\0\x24AIFFCOMM", "sound file (AIFF)", "as a cabinet"),
        (b"fLaC\0\0\0\x22", "sound file (FLAC)", "as a cabinet"),
        (b"ID3\x04\0\0\0\0", "sound file (MP3)", "as a cabinet"),
        (b"MThd\0\0\0\x06\0\0", "MIDI", "Pick a .nam"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture (PNG)", "Pick a .nam capture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture (JPG)", "Pick a .nam capture"),
        (b"BM\x36\x00\x00\x00", "picture (BMP)", "Pick a .nam capture"),
        (b"%PDF-1.7\n", "document (PDF)", "Pick a .nam capture"),
        (&elf, "program (ELF)", "Pick a .nam capture"),
        (b"BMAN\x01\0\0\0", ".namb", "the .nam file that it was made from"),
        (b"NAMB\x01\0\0\0", ".namb", "the .nam file that it was made from"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "Mac", "without \"._\""),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0", "shortcut", "leads to"),
        (b"[InternetShortcut]\r\nURL=https://example.org", "link", "browser"),
        (b"\x93NUMPY\x01\0", "NumPy", "Export"),
        (b"\x89HDF\r\n\x1a\n\0\0", "HDF5", "Export"),
        (
            br#"{"in_shape": [null, null, 1], "in_skip": 1, "layers": [], "metadata": {"name": "x"}}"#,
            "AIDA-X",
            "look for a .nam capture of the same gear",
        ),
        (
            br#"{"in_shape": [null, null, 1], "layers": [{"type": "gru", "weights": [[[0.1]]]}]}"#,
            "RTNeural",
            "look for a .nam capture of the same gear",
        ),
        (br#"{"model_data": {}, "state_dict": {}}"#, "GuitarML", "look for a .nam capture"),
        (br#"{"class_name": "Sequential", "config": {}}"#, "Keras", "Export"),
        (br#"{"net": {"name": "WaveNet"}, "optimizer": {"lr": 1}}"#, "training", "exports"),
        (
            br#"{"message": "Not Found", "documentation_url": "https://example.org", "status": "404"}"#,
            "web site",
            "download the .nam file itself",
        ),
        (br#"{"error": {"code": 403}}"#, "web site", "sign in"),
        (br#"{"detail": "Not found."}"#, "web site", "sign in"),
    ];
    for (bytes, what, remedy) in cases {
        // Nothing is believed that lies behind the end.
        (0..bytes.len()).for_each(|length| drop(refuse(&bytes[..length])));
        let error = refuse(bytes);
        let message = error.to_string();
        assert!(matches!(error, CaptureError::OtherKind { .. }), "{message}");
        for words in ["Amp.nam: this is a", what, ", not a .nam capture. ", remedy] {
            assert!(message.contains(words), "no {words:?} in {message}");
        }
        assert!(
            message.ends_with('.') && !message.contains('\n'),
            "{message}"
        );
    }
}

#[test]
fn a_page_in_any_encoding_is_a_page() {
    let page: Vec<u8> = "\u{feff}<html></html>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(refuse(&page).to_string().contains("web page"));
}

#[test]
fn what_is_cut_short_is_said_to_be() {
    let bytes = std::fs::read(fixture("example_models/lstm.nam")).unwrap();
    for length in [1, 100, bytes.len() / 2, bytes.trim_ascii_end().len() - 1] {
        let error = refuse(&bytes[..length]);
        assert!(
            matches!(error, CaptureError::CutShort { .. }),
            "{length}: {error}"
        );
        assert!(error.to_string().contains("Download it again"), "{error}");
    }
    let text = String::from_utf8(bytes).unwrap();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for length in [101, 1000, (wide.len() / 2) | 1] {
        let error = refuse(&wide[..length]);
        assert!(
            matches!(error, CaptureError::CutShort { .. }),
            "{length}: {error}"
        );
    }
}

#[test]
fn what_is_no_json_shows_how_it_begins() {
    let message = refuse(b"\n Dear guitarist,\nhere is the capture").to_string();
    assert!(
        message.contains(r#"it begins with "Dear guitarist,""#),
        "{message}"
    );
    assert!(refuse(b"\x01\x02\x03").to_string().contains("not text"));
    assert!(refuse(b"\xf0\xf1\xf2").to_string().contains("not text"));
    let message = refuse(b"{\"version\":\n \"0.5.4\", weights}").to_string();
    assert!(
        message.contains("(line 2, character 11 makes no sense)"),
        "{message}"
    );
    assert!(refuse(b" \r\n").to_string().contains("is empty"));
}

/// What the file sounds like, to the bit.
fn sound(bytes: &[u8]) -> Vec<u32> {
    let capture = Capture::from_bytes("Amp.nam", bytes).unwrap_or_else(|error| panic!("{error}"));
    let mut model = capture.build();
    model.prewarm();
    let input: Vec<f32> = (0..500).map(|n| (n as f32 * 0.05).sin() * 0.5).collect();
    let mut output = vec![0.0; input.len()];
    model.process_mono(&input, &mut output);
    output.into_iter().map(f32::to_bits).collect()
}

#[test]
fn text_in_other_encodings_plays() {
    let text = std::fs::read_to_string(fixture("example_models/lstm.nam")).unwrap();
    let marked = format!("\u{feff}{text}");
    let plain = sound(text.as_bytes());
    for bytes in [
        marked.clone().into_bytes(),
        marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ] {
        assert_eq!(sound(&bytes), plain);
    }
}

/// Version 0.4.0 wrote the same numbers in the same order, whatever the architecture.
#[test]
fn version_0_4_0_plays_as_its_successor_does() {
    for name in [
        "example_models/lstm",
        "captures/wn_nano_relu_trained",
        "captures/convnet_full",
    ] {
        let text = std::fs::read_to_string(fixture(&format!("{name}.nam"))).unwrap();
        let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
        file["version"] = "0.4.0".into();
        assert_eq!(
            sound(file.to_string().as_bytes()),
            sound(text.as_bytes()),
            "{name}"
        );
    }
}

#[test]
fn other_versions_are_told_from_each_other() {
    let refused = |version: &str| {
        let file = format!(
            r#"{{"version": "{version}", "architecture": "Linear", "weights": [1],
                "config": {{"receptive_field": 1, "bias": false}}}}"#
        );
        refuse(file.as_bytes()).to_string()
    };
    for old in ["0.0.1", "0.3.0", "0.4.1", "0.4.9"] {
        let message = refused(old);
        assert!(
            message.contains(&format!("version {old} is too old")),
            "{message}"
        );
        assert!(message.contains("Export the capture anew"), "{message}");
        assert!(!message.contains("newer Gridleak"), "{message}");
    }
    for new in ["0.8.0", "1.0.0", "0.99999999999999999999.0"] {
        let message = refused(new);
        assert!(message.contains("Look for a newer Gridleak"), "{message}");
    }
    for none in ["", "0.5", "v0.5.4", "0.5.4-beta", "0.5.x"] {
        let message = refused(none);
        assert!(message.contains("is not a format version"), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_at_once() {
    let pipe = std::env::temp_dir().join(format!("gridleak-pipe-{}.nam", std::process::id()));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let errors = [pipe.as_path(), "/dev/zero".as_ref()].map(Capture::from_file);
    std::fs::remove_file(&pipe).unwrap();
    for error in errors {
        let error = error.expect_err("no file").to_string();
        assert!(
            error.contains("is a device or a pipe, not a file"),
            "{error}"
        );
    }
}
