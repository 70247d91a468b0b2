//! Files made of chunks, each of which says its name and its length.

use std::io::{self, Read, SeekFrom};

use super::bytes::Bytes;

/// Names that chunks of sound files have; others are as good, but these are no accident.
const KNOWN: &[&[u8; 4]] = &[
    b"fmt ", b"data", b"LIST", b"fact", b"bext", b"JUNK", b"junk", b"PAD ", b"cue ", b"smpl",
    b"inst", b"iXML", b"PEAK", b"id3 ", b"ID3 ", b"COMM", b"SSND", b"FVER", b"NAME", b"AUTH",
    b"ANNO", b"MARK", b"INST", b"APPL", b"CHAN",
];

/// Bytes of a chunk before its contents.
const HEAD: u64 = 8;

/// The way through the chunks of a file.
pub(super) struct Chunks<'a> {
    pub(super) source: &'a mut dyn Bytes,
    /// Of the file, in bytes.
    pub(super) length: u64,
    /// Where the source is.
    pub(super) position: u64,
    big_endian: bool,
}

/// A chunk whose contents come next.
pub(super) struct Chunk {
    pub(super) name: [u8; 4],
    /// What it says is its length.
    pub(super) size: u64,
}

impl<'a> Chunks<'a> {
    /// Through a file that begins with a name, a length and another name. Returns the length, too.
    pub(super) fn new(source: &'a mut dyn Bytes, big_endian: bool) -> io::Result<(Self, u64)> {
        let length = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        let mut head = [0; 12];
        source.read_exact(&mut head)?;
        let chunks = Chunks {
            source,
            length,
            position: head.len() as u64,
            big_endian,
        };
        let size = chunks.long(&head[4..8]);
        Ok((chunks, size))
    }

    /// Bytes of the file that are left.
    pub(super) fn left(&self) -> u64 {
        self.length - self.position
    }

    /// The next chunk; `None` where there is no more.
    pub(super) fn next(&mut self) -> io::Result<Option<Chunk>> {
        if self.left() < HEAD {
            return Ok(None);
        }
        let mut head = [0; HEAD as usize];
        self.source.read_exact(&mut head)?;
        self.position += HEAD;
        Ok(Some(self.chunk(&head)))
    }

    fn chunk(&self, head: &[u8]) -> Chunk {
        Chunk {
            name: [head[0], head[1], head[2], head[3]],
            size: self.long(&head[4..]),
        }
    }

    fn long(&self, bytes: &[u8]) -> u64 {
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        u64::from(match self.big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        })
    }

    /// Goes on behind the contents of a chunk.
    pub(super) fn skip(&mut self, chunk: &Chunk) -> io::Result<()> {
        if chunk.size > self.left() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.advance(chunk.size)?;
        if chunk.size % 2 == 1 && self.is_padded()? {
            self.advance(1)?;
        }
        Ok(())
    }

    fn advance(&mut self, by: u64) -> io::Result<()> {
        // Relative, so that what is buffered is used: a file may hold very many small chunks.
        self.source.seek_relative(by as i64)?;
        self.position += by;
        Ok(())
    }

    /// Up to `bytes` bytes that come next, which stay next.
    pub(super) fn peek(&mut self, bytes: u64) -> io::Result<Vec<u8>> {
        let mut next = Vec::new();
        (&mut *self.source).take(bytes).read_to_end(&mut next)?;
        self.source.seek_relative(-(next.len() as i64))?;
        Ok(next)
    }

    /// Whether a chunk of odd length was followed by a padding byte, which some programs forget, and
    /// which others do not make 0.
    fn is_padded(&mut self) -> io::Result<bool> {
        let next = self.peek(HEAD + 1)?;
        let left = self.left();
        let looks = |at: usize| match next.get(at..at + HEAD as usize) {
            Some(head) => self.looks_like(head, left - at as u64),
            None => Looks::Wrong,
        };
        let (here, behind) = (looks(0), looks(1));
        Ok(match next.first() {
            None => false,
            Some(0) => true,
            Some(_) => here < behind || here == Looks::Wrong,
        })
    }

    /// Whether `head` may be the beginning of a chunk, where so many bytes are left from it on.
    fn looks_like(&self, head: &[u8], left: u64) -> Looks {
        let chunk = self.chunk(head);
        if KNOWN.contains(&&chunk.name) {
            return Looks::Known;
        }
        let printable = chunk.name.iter().all(|byte| (0x20..0x7F).contains(byte));
        match printable && chunk.size <= left - HEAD {
            true => Looks::Possible,
            false => Looks::Wrong,
        }
    }

    /// Whether what comes next is nothing but whole chunks to the end of the file. Afterwards the
    /// source is anywhere.
    pub(super) fn only_chunks_follow(&mut self) -> io::Result<bool> {
        while self.left() > 0 {
            let head = self.peek(HEAD)?;
            if (head.len() as u64) < HEAD || self.looks_like(&head, self.left()) == Looks::Wrong {
                return Ok(false);
            }
            let Some(chunk) = self.next()? else {
                return Ok(false);
            };
            if chunk.size > self.left() {
                return Ok(false);
            }
            self.skip(&chunk)?;
        }
        Ok(true)
    }
}

/// How much something looks like the beginning of a chunk.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Looks {
    Wrong,
    Possible,
    Known,
}
