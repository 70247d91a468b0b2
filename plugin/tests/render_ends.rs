//! `gridleak render` where it begins and ends: names, pipes, and what is left when it is stopped.

#[allow(dead_code, unreachable_pub)] // each test program uses its part of it
mod support;

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use support::{Bench, identity, linear, read_float, sine};

/// Runs `gridleak` with `input` on its standard input.
fn fed(bench: &Bench, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = bench
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || drop(pipe.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn names_of_other_formats_are_refused_with_one_that_is_not() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&[0.5; 10]]);
    for name in ["o.mp3", "o.flac", "o.ogg", "o.aiff", "o.nam", "o.w64"] {
        let words = format!("{name}: Gridleak writes WAV files and no other kind; name it o.wav");
        bench.run(&["render", "in.wav", name]).bad(&words);
    }
    assert_eq!(bench.names(), ["in.wav"]);
    for name in ["o.wav", "O.WAV", "o.wave", "plain"] {
        bench.run(&["render", "in.wav", name]).good();
    }
}

#[test]
fn dashes_are_standard_input_and_output() {
    let bench = Bench::new();
    bench.put("half.nam", linear(1, 1, "0.5", 48_000, ""));
    let dry = sine(440.0, 44_100, 30_001);
    let path = bench.float_wav("in.wav", 44_100, &[&dry, &dry]);
    let sent = fs::read(path).unwrap();
    for bits in [None, Some("16"), Some("24")] {
        let mut options = vec!["render", "--raw", "--capture", "half.nam"];
        options.extend(bits.iter().flat_map(|bits| ["--bits", bits]));
        let with = |rest: &[&'static str]| [&options[..], rest].concat();
        bench.run(&with(&["in.wav", "out.wav"])).good();
        let wanted = fs::read(bench.path("out.wav")).unwrap();

        let both = fed(&bench, &with(&["-", "-"]), &sent);
        assert!(both.status.success(), "{both:?}");
        assert!(both.stdout == wanted, "{bits:?}");
        let said = text(&both.stderr);
        assert!(said.starts_with("standard output: 0.68 s at"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");

        let out = bench.command(&with(&["in.wav", "-"])).output().unwrap();
        assert!(out.stdout == wanted, "{bits:?}");
        let into = fed(&bench, &with(&["-", "out2.wav"]), &sent);
        assert!(text(&into.stdout).starts_with("out2.wav: "), "{into:?}");
        assert!(fs::read(bench.path("out2.wav")).unwrap() == wanted);
        fs::remove_file(bench.path("out2.wav")).unwrap();
    }
    // An odd number of bytes is padded, and the lengths say so.
    bench.float_wav("odd.wav", 48_000, &[&[0.5; 3]]);
    let out = bench
        .command(&["render", "--raw", "--bits", "24", "odd.wav", "-"])
        .output()
        .unwrap();
    let riff = u32::from_le_bytes(out.stdout[4..8].try_into().unwrap());
    assert_eq!(riff as usize + 8, out.stdout.len());
    assert_eq!(out.stdout.len() % 2, 0);
}

#[test]
fn a_pipe_need_not_say_how_long_it_is() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    let dry = sine(440.0, 48_000, 5000);
    let sent = fs::read(bench.float_wav("in.wav", 48_000, &[&dry])).unwrap();
    let data = sent.windows(4).position(|four| four == b"data").unwrap();
    for length in [0u32, u32::MAX, 0x7fff_f000] {
        let mut sent = sent.clone();
        sent[4..8].copy_from_slice(&length.to_le_bytes());
        sent[data + 4..data + 8].copy_from_slice(&length.to_le_bytes());
        let arguments = ["render", "--raw", "--capture", "same.nam", "-", "out.wav"];
        let run = fed(&bench, &arguments, &sent);
        assert!(run.status.success(), "{run:?}");
        let played = &read_float(&bench.path("out.wav")).1[0];
        assert_eq!(played.len(), dry.len(), "{length:#x}");
        let differs = (0..dry.len()).find(|&n| (played[n] - dry[n]).abs() > 1e-9);
        assert_eq!(differs, None, "{length:#x}");
    }
    let run = fed(&bench, &["render", "-", "out.wav"], b"");
    assert_eq!(run.status.code(), Some(2));
    let said = text(&run.stderr);
    assert!(said.starts_with("gridleak: standard input: "), "{said}");
}

#[test]
fn a_reader_that_ends_is_told() {
    let bench = Bench::new();
    bench.put("same.nam", identity(48_000, ""));
    bench.float_wav("in.wav", 48_000, &[&sine(440.0, 48_000, 200_000)]);
    let mut child = bench
        .command(&["render", "--raw", "--capture", "same.nam", "in.wav", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 100];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    let run = child.wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    let said = text(&run.stderr);
    let words = "standard output: cannot be written: the program that reads it has ended";
    assert!(said.contains(words), "{said}");
}

/// The temporary file that is being written, as soon as there is one.
fn part(bench: &Bench, child: &mut Child) -> String {
    let started = Instant::now();
    loop {
        let names = bench.names();
        if let Some(part) = names.into_iter().find(|name| name.ends_with(".part")) {
            return part;
        }
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        assert!(started.elapsed() < Duration::from_secs(60), "nothing");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(unix)]
#[test]
fn what_is_stopped_leaves_nothing_behind_and_says_so() {
    let bench = Bench::new();
    bench.float_wav("in.wav", 48_000, &[&sine(110.0, 48_000, 48_000 * 240)]);
    bench.put("out.wav", "an older one");
    let arguments = ["render", "--oversampling", "8", "in.wav", "out.wav"];
    let start = || {
        bench
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let kill = |child: &Child, signal| {
        // SAFETY: sends a signal to a child that was not waited for yet.
        assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
    };
    // A terminal and a script may both tell it.
    for (signal, times, code) in [(libc::SIGINT, 1, 130), (libc::SIGTERM, 2, 143)] {
        let mut child = start();
        part(&bench, &mut child);
        for _ in 0..times {
            kill(&child, signal);
        }
        let run = child.wait_with_output().unwrap();
        assert_eq!(run.status.code(), Some(code), "{run:?}");
        assert_eq!(text(&run.stdout), "");
        let said = "gridleak: stopped; out.wav was not written\n";
        assert_eq!(text(&run.stderr), said);
        assert_eq!(bench.names(), ["in.wav", "out.wav"]);
    }
    // Who is killed can say nothing, but the next one sweeps, and not what another still writes.
    let mut killed = start();
    let left = part(&bench, &mut killed);
    kill(&killed, libc::SIGKILL);
    killed.wait().unwrap();
    assert!(bench.names().contains(&left));
    let mut living = start();
    let started = Instant::now();
    while bench.names().contains(&left) {
        assert!(started.elapsed() < Duration::from_secs(60), "it stays");
        std::thread::sleep(Duration::from_millis(1));
    }
    let alive = part(&bench, &mut living);
    bench.float_wav("short.wav", 48_000, &[&[0.5; 10]]);
    bench.run(&["render", "short.wav", "short.wav"]).good();
    assert!(bench.names().contains(&alive));
    kill(&living, libc::SIGINT);
    living.wait().unwrap();
    assert_eq!(bench.names(), ["in.wav", "out.wav", "short.wav"]);
    assert_eq!(fs::read(bench.path("out.wav")).unwrap(), b"an older one");
}

#[cfg(unix)]
#[test]
fn what_waits_for_its_input_can_be_stopped() {
    let bench = Bench::new();
    let mut child = bench
        .command(&["render", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once it has read that, it listens to signals.
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&[0; 1 << 20]).unwrap();
    // SAFETY: sends a signal to a child that was not waited for yet.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let run = child.wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(130), "{run:?}");
    let said = "gridleak: stopped; standard output ends before the recording does\n";
    assert_eq!(text(&run.stderr), said);
    drop(pipe);
}
