package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// command tries the built command, as a user runs it: a folder of files, or the files named one by one.
type command struct {
	path, dir string

	slowest worst[float64] // seconds
	largest worst[float64] // MB
	codes   map[int]int
}

func newCommand(dir, path string) (*command, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	_, err = os.Stat(path)
	return &command{path: path, dir: dir, codes: make(map[int]int)}, err
}

var (
	ownFile = regexp.MustCompile(`^out/[^/]+\.capforensics\.(pdf|html|json|pcapng)$`)
	crashed = []string{"panic:", "goroutine ", "fatal error:", "runtime error", "a fault of this program"}
)

func (k *command) try(t *ticket) (faults []string) {
	work := filepath.Join(k.dir, "work")
	defer os.RemoveAll(work)
	before, args, err := k.lay(work, t)
	if err != nil {
		return []string{err.Error()}
	}
	ctx, cancel := context.WithTimeout(context.Background(), stuckAfter)
	defer cancel()
	cmd := exec.CommandContext(ctx, k.path, args...)
	cmd.Dir = filepath.Join(work, "here")
	for _, v := range []string{"TMPDIR", "TMP", "TEMP", "HOME"} {
		cmd.Env = append(cmd.Env, v+"="+filepath.Join(work, "temp"))
	}
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	start := time.Now()
	err = cmd.Run()
	took := time.Since(start)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return []string{err.Error()}
	}
	code, peak := cmd.ProcessState.ExitCode(), analyzertest.PeakMB(cmd.ProcessState)
	k.codes[code]++
	k.slowest.add(took.Seconds(), t)
	k.largest.add(peak, t)
	if code < 0 || code > 3 {
		faults = append(faults, fmt.Sprintf("exit code %d", code))
	}
	if cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(); tooLong(took, cpu) {
		faults = append(faults, fmt.Sprintf("it took %v, %v of processors", took, cpu))
	}
	if peak > mostMemory>>20 {
		faults = append(faults, fmt.Sprintf("it took %.0f MB of memory", peak))
	}
	for name, text := range map[string]string{"standard output": out.String(), "standard error": diagnostics.String()} {
		for _, word := range crashed {
			if strings.Contains(text, word) {
				faults = append(faults, fmt.Sprintf("%s says %q:\n%s", name, word, text))
			}
		}
		if bad := unescaped(text); bad != "" {
			faults = append(faults, fmt.Sprintf("%s holds %s", name, bad))
		}
	}
	after, err := listed(work)
	if err != nil {
		return append(faults, err.Error())
	}
	reports := 0
	for _, path := range after {
		if _, was := slices.BinarySearch(before, path); was {
			continue
		}
		if reports++; !ownFile.MatchString(path) {
			faults = append(faults, "a file where none belongs: "+path)
		}
	}
	if (code == 0 || code == 3) != (reports > 0) {
		faults = append(faults, fmt.Sprintf("exit code %d and %d reports", code, reports))
	}
	return faults
}

// lay puts the files of a ticket where the command finds them, and gives what is there before it runs, and its arguments.
func (k *command) lay(work string, t *ticket) (before, args []string, err error) {
	for _, d := range []string{"in", "temp", "here"} {
		if err := os.MkdirAll(filepath.Join(work, d), 0o777); err != nil {
			return nil, nil, err
		}
	}
	args = []string{"-o", filepath.Join(work, "out"), "--lang", pick(t.chance, []string{"en", "zh"})}
	if t.in(2) {
		args = append(args, "--password", "secret")
	}
	if t.in(3) {
		args = append(args, "--verbose")
	}
	if t.in(4) {
		args = append(args, "--max-memory", "64K", "--max-members", "3", "--max-flows", "2")
	}
	folder := t.in(3)
	if args = append(args, "--"); folder {
		args = append(args, filepath.Join(work, "in"))
	}
	for i, f := range t.files {
		path := filepath.Join(work, "in", fmt.Sprintf("%d%s", i, storable(f.name)))
		if err := os.WriteFile(path, f.data, 0o666); err != nil {
			return nil, nil, err
		}
		if !folder {
			args = append(args, path)
		}
	}
	before, err = listed(work)
	return before, args, err
}

// storable keeps of a name what a file system takes.
func storable(name string) string {
	name = strings.NewReplacer("/", "_", "\x00", "_", `\`, "_").Replace(name)
	return name[:min(len(name), 200)]
}

// listed gives the files below a folder in order, by their paths in it.
func listed(dir string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		all = append(all, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(all)
	return all, err
}

func (k *command) summary(out io.Writer) {
	fmt.Fprintf(out, "slowest: %.2f s (ticket %d); most memory: %.0f MB (ticket %d)\n", k.slowest.value, k.slowest.number, k.largest.value, k.largest.number)
	for _, code := range slices.Sorted(maps.Keys(k.codes)) {
		fmt.Fprintf(out, "exit code %d: %d\n", code, k.codes[code])
	}
}
