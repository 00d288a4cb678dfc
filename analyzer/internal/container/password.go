package container

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// What can be said of a member that is encrypted.
var (
	errEncrypted     = errors.New("it is encrypted; give its password with --password")
	errWrongPassword = errors.New("it is encrypted, and none of the passwords given opens it")
	errWrongOrBroken = errors.New("it is encrypted, and none of the passwords given opens it, or it is damaged")
	errTooManyTrials = fmt.Errorf("it is encrypted, and %d times a password did not open what was before it: give fewer passwords, or unpack it and pass the folder", mostTrials)
	errOtherCipher   = errors.New("it is encrypted in a way that is not read: unpack it with its password and pass the folder")
)

// trialBytes is how much of an entry is read to try a password where only the data shows whether it is right.
const trialBytes = 1 << 20

// mostTrials is how many times a password may fail within one source: each takes a millisecond and more by design of the ciphers, and an archive may have thousands of
// members with passwords of their own.
const mostTrials = 2000

// unlock gives the first password that opens what open opens. Those that do are tried first the next time.
func (w *walker) unlock(open func(password string) (io.ReadCloser, error)) (string, error) {
	failed := errWrongPassword
	if len(w.passwords) == 0 {
		failed = errEncrypted
	}
	for i, password := range w.passwords {
		if w.trials == mostTrials {
			return "", errTooManyTrials
		}
		err := trial(open, password)
		if ctxErr := w.ctx.Err(); ctxErr != nil {
			return "", ctxErr
		}
		if err == nil {
			w.passwords = append([]string{password}, slices.Delete(slices.Clone(w.passwords), i, i+1)...)
			return password, nil
		}
		var other *notThePassword
		var over *LimitError
		var big *dictionaryError
		switch {
		case errors.As(err, &other):
			return "", other.error
		case errors.As(err, &over), errors.As(err, &big):
			return "", err
		}
		w.trials++
		if !errors.Is(err, errWrongPassword) {
			failed = errWrongOrBroken
		}
	}
	return "", failed
}

// notThePassword is an error that no other password would mend.
type notThePassword struct{ error }

func (e *notThePassword) Unwrap() error { return e.error }

func trial(open func(string) (io.ReadCloser, error), password string) (err error) {
	defer caught(&err)
	r, err := open(password)
	if err != nil {
		return err
	}
	defer closeDecoder(r)
	if _, err = io.CopyN(io.Discard, r, trialBytes); err == io.EOF {
		return nil
	}
	return err
}

// closeDecoder closes what a library has opened. What it says then, reading has said before.
func closeDecoder(c io.Closer) {
	var err error
	defer caught(&err)
	c.Close()
}

// uncertain words an error in data that was decrypted with a password that could not be checked.
func uncertain(err error) error {
	return fmt.Errorf("%w; perhaps its password is another", err)
}
