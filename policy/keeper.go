package policy

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"waybill/yamlfile"
)

// readAgainEvery is how soon a change of the file counts.
const readAgainEvery = time.Second

// Keeper keeps a policy that may change at any time. A parcel follows the new
// one from its next decision on.
type Keeper struct {
	path string
	// raw is what the book was read from, next what the file had at the last look.
	raw, next []byte
	book      atomic.Pointer[Book]
}

// Keep reads a policy file; without a path it keeps the default policy.
func Keep(path string) (*Keeper, error) {
	k := &Keeper{path: path}
	k.book.Store(Default())
	if path == "" {
		return k, nil
	}
	raw, err := k.load()
	if err != nil {
		return k, err
	}
	return k, k.adopt(raw)
}

// Book is the policy at this moment: ask for it again for each decision.
func (k *Keeper) Book() *Book { return k.book.Load() }

// Watch reads the file again when it changes, until ctx ends. A fault is logged once,
// and the policy before it stays.
func (k *Keeper) Watch(ctx context.Context, log *slog.Logger) {
	if k.path == "" {
		return
	}
	tick := time.NewTicker(readAgainEvery)
	defer tick.Stop()
	logged := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := k.read()
		switch {
		case err == nil:
			logged = ""
		case err.Error() != logged:
			logged = err.Error()
			log.Error("policy not read again: the one before stays", "fault", logged)
		}
		if changed && err == nil {
			log.Info("policy read again", "version", k.Book().For("").Version)
		}
	}
}

// read reports whether the file has changed. A change counts when it was seen twice:
// the file may be half written.
func (k *Keeper) read() (changed bool, err error) {
	raw, err := k.load()
	switch {
	case err != nil:
		return false, err
	case bytes.Equal(raw, k.raw):
		k.next = raw
		return false, nil
	case !bytes.Equal(raw, k.next):
		k.next = raw
		return false, nil
	case len(bytes.TrimSpace(raw)) == 0:
		return false, fmt.Errorf("%s is empty: to go back to the defaults, leave a comment in it", k.path)
	}
	return true, k.adopt(raw)
}

func (k *Keeper) adopt(raw []byte) error {
	book, err := Parse(k.path, raw)
	if err != nil {
		return fmt.Errorf("the policy has faults:\n%w", err) // each line begins with file and line, for editors
	}
	k.raw = raw
	k.book.Store(book)
	return nil
}

func (k *Keeper) load() ([]byte, error) {
	f, err := os.Open(k.path)
	if err != nil {
		return nil, fmt.Errorf("open the policy: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	return yamlfile.Bytes(k.path, f)
}
