package yamlfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// mostBytes is the largest file that is read.
const mostBytes = 1 << 20

// Bytes reads an open file; name is what its error calls it. It does not read a folder
// or a file of more than 1 MiB.
func Bytes(name string, f fs.File) ([]byte, error) {
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: name a file", name)
	}
	raw, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case len(raw) > mostBytes:
		return nil, fmt.Errorf("%s has more than 1 MiB: write less, or name another file", name)
	}
	return raw, nil
}

// decode makes lines of UTF-8 of a file, as editors of all systems store it. What no
// text can have is a fault, and left out.
func (f *Faults) decode(raw []byte) []string {
	text := string(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))
	for order, mark := range map[binary.ByteOrder]string{binary.LittleEndian: "\xff\xfe", binary.BigEndian: "\xfe\xff"} {
		if rest, ok := bytes.CutPrefix(raw, []byte(mark)); ok { // Windows calls it Unicode
			units := make([]uint16, len(rest)/2)
			for i := range units {
				units[i] = order.Uint16(rest[2*i:])
			}
			text = string(utf16.Decode(units))
		}
	}
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	for i, line := range lines {
		if !utf8.ValidString(line) {
			f.Add(i+1, "it has letters that are not UTF-8: save the file as UTF-8")
			line = strings.ToValidUTF8(line, "?")
		}
		lines[i] = strings.Map(func(c rune) rune {
			switch {
			case c == '\u0085' || c == '\u2028' || c == '\u2029':
				return ' ' // they would end a line for YAML, and for no editor
			case c == '\ufeff':
				return -1 // where two files were joined
			case unicode.IsControl(c) && c != '\t', c == '\ufffe', c == '\uffff': // which YAML refuses
				f.Add(i+1, "it has an invisible control character (U+%04X): delete it", c)
				return -1
			}
			return c
		}, line)
	}
	return lines
}

// invisible characters come into a file with what was copied from a page or a document.
func invisible(c rune) bool { return unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) }
