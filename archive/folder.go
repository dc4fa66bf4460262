package archive

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// Folder is where files with decision logs are kept, by name. Each file has the refunds that had
// ended by its time and stand in no other. What has been exported is known from the files alone:
// a run that fails, is killed or never comes leaves its refunds to the next one, and so does a
// list that Temporal is late with.
type Folder string

const (
	prefix, suffix = "refunds-", ".jsonl"
	// unfinished is what a file is called while it is written.
	unfinished = ".refunds-*.unfinished"
	// nameTime is the time in the name of a file.
	nameTime = "2006-01-02T150405Z"
	// clocksDiffer is by how much the clocks of workers and of Temporal can differ.
	clocksDiffer = 24 * time.Hour
)

// Check says what is wrong with the folder, as far as looking shows it.
func (f Folder) Check() error {
	info, err := os.Stat(string(f))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no folder %s: make it, and let the worker write to it", f)
	case err != nil:
		return fmt.Errorf("look for the folder: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is a file: name a folder", f)
	}
	return nil
}

// Try writes to the folder, to see whether that can be done, and leaves nothing.
func (f Folder) Try() error {
	if err := f.Check(); err != nil {
		return err
	}
	file, err := f.begin()
	if err != nil {
		return err
	}
	err = errors.Join(file.Close(), os.Remove(file.Name()))
	if errors.Is(err, os.ErrNotExist) { // a run that is under way has tidied up
		return nil
	}
	return err
}

// begin begins a file that only its owner can read.
func (f Folder) begin() (*os.File, error) {
	file, err := os.CreateTemp(string(f), unfinished)
	if err != nil {
		return nil, fmt.Errorf("write to the folder %s (let the user that the worker runs as write to it): %w", f, err)
	}
	return file, nil
}

// Added is a file that was added.
type Added struct {
	Written
	// File is its name; empty if there was nothing to write.
	File string
}

// Add writes the refunds that stand in no file yet into a new one. The list has all that have
// ended and that Temporal still keeps.
//
// Only one may run at a time. Another one that is still under way, on a machine that is cut off,
// finds its file gone and fails.
func (f Folder) Add(ctx context.Context, refunds []recorder.ListedRefund, ask Ask, now time.Time) (Added, error) {
	if err := f.Check(); err != nil {
		return Added{}, err
	}
	if err := f.clean(); err != nil {
		return Added{}, err
	}
	known, err := f.read(refunds)
	if err != nil {
		return Added{}, err
	}
	missing := slices.DeleteFunc(slices.Clone(refunds), known.whole)
	if len(missing) == 0 {
		return Added{}, nil
	}
	file, err := f.begin()
	if err != nil {
		return Added{}, err
	}
	defer func() { _ = os.Remove(file.Name()) }() // by then it has its own name, or is of no use
	out := bufio.NewWriter(file)
	lines := Lines{Ask: ask, Wanted: known.note}
	written, err := lines.Write(ctx, out, listed(missing))
	if err = errors.Join(err, out.Flush(), file.Sync(), file.Close()); err != nil {
		return Added{}, fmt.Errorf("write decision logs to the folder %s: %w", f, err)
	}
	if written.Refunds == 0 {
		return Added{Written: written}, nil
	}
	name, err := f.publish(file.Name(), now)
	return Added{Written: written, File: name}, err
}

func listed(all []recorder.ListedRefund) iter.Seq2[recorder.ListedRefund, error] {
	return func(yield func(recorder.ListedRefund, error) bool) {
		for _, one := range all {
			if !yield(one, nil) {
				return
			}
		}
	}
}

// publish gives a file that is whole its own name, so that it is there after a power cut too.
func (f Folder) publish(file string, at time.Time) (name string, err error) {
	for at = at.UTC().Truncate(time.Second); ; at = at.Add(time.Second) {
		name = prefix + at.Format(nameTime) + suffix
		if _, err := os.Lstat(filepath.Join(string(f), name)); errors.Is(err, os.ErrNotExist) {
			break
		} else if err != nil {
			return "", fmt.Errorf("look for %s: %w", name, err)
		}
	}
	if err := os.Rename(file, filepath.Join(string(f), name)); err != nil {
		return "", fmt.Errorf("name the file (does another worker write to this folder?): %w", err)
	}
	folder, err := os.Open(string(f))
	if err != nil {
		return "", fmt.Errorf("open the folder: %w", err)
	}
	return name, errors.Join(folder.Sync(), folder.Close())
}

// clean removes what one that was killed has left.
func (f Folder) clean() error {
	left, err := filepath.Glob(filepath.Join(string(f), unfinished))
	for _, file := range left {
		if gone := os.Remove(file); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// exported are the refunds of some files. One that failed and was begun anew has several logs.
type exported map[contract.RefundRef][]log

// log is a decision log in a file.
type log struct {
	// last is when its last line was written, hash the hash of it.
	last time.Time
	hash string
	// over says that the refund was over.
	over bool
}

// whole reports whether a refund need not be asked: a log that was written since its workflow began
// says that it was over.
func (e exported) whole(one recorder.ListedRefund) bool {
	return slices.ContainsFunc(e[one.RefundRef], func(l log) bool { return l.over && !l.last.Before(one.Started) })
}

// note notes the log of a refund, and reports whether it is new.
func (e exported) note(r refund.Refund) bool {
	of, l := refOf(r), logOf(r)
	if slices.Contains(e[of], l) {
		return false
	}
	e[of] = append(e[of], l)
	return true
}

func refOf(r refund.Refund) contract.RefundRef {
	return contract.RefundRef{Integration: r.Integration, ReturnID: r.ReturnID}
}

func logOf(r refund.Refund) log {
	l := log{over: r.State.Terminal()}
	if n := len(r.Receipt); n > 0 {
		l.last, l.hash = r.Receipt[n-1].At.UTC(), r.Receipt[n-1].Hash
	}
	return l
}

// read reads the files that can have one of some refunds: a file has what had ended before it.
func (f Folder) read(refunds []recorder.ListedRefund) (exported, error) {
	all := exported{}
	if len(refunds) == 0 {
		return all, nil
	}
	began := slices.MinFunc(refunds, func(a, b recorder.ListedRefund) int { return a.Started.Compare(b.Started) }).Started.Add(-clocksDiffer)
	files, err := os.ReadDir(string(f))
	if err != nil {
		return nil, fmt.Errorf("read the folder: %w", err)
	}
	for _, file := range files {
		if at, ours := writtenAt(file.Name()); !ours || at.Before(began) {
			continue
		}
		if err := all.add(filepath.Join(string(f), file.Name())); err != nil {
			return nil, fmt.Errorf("read %s (if it is damaged, move it out of the folder: what Temporal still keeps of it is exported again): %w", file.Name(), err)
		}
	}
	return all, nil
}

// writtenAt is the time in the name of a file, if it is one of ours.
func writtenAt(name string) (at time.Time, ours bool) {
	rest, begins := strings.CutPrefix(name, prefix)
	rest, ends := strings.CutSuffix(rest, suffix)
	at, err := time.Parse(nameTime, rest)
	return at, begins && ends && err == nil
}

// add adds the refunds of a file.
func (e exported) add(name string) error {
	file, err := os.Open(name) //nolint:gosec // a file of the folder that the operator chose
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for lines := json.NewDecoder(bufio.NewReader(file)); ; {
		var r refund.Refund
		switch err := lines.Decode(&r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		e.note(r)
	}
}
