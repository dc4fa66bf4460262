package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/codec"
)

func TestStartingOverDeletesWhatIsTheStacksAndNothingElse(t *testing.T) {
	folder := t.TempDir()
	first, err := openState(folder, false)
	require.NoError(t, err)
	require.NoError(t, first.write(folder))
	for _, name := range []string{databaseFile, databaseFile + "-wal", mailsFile, paymentsFile, "letters.txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	kept, err := openState(folder, false)
	require.NoError(t, err)
	require.Equal(t, first, kept)

	second, err := openState(folder, true)
	require.NoError(t, err)
	require.NotEqual(t, first.SendGridKey, second.SendGridKey)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, "letters.txt", left[0].Name())

	_, err = openState(folder, true)
	require.ErrorContains(t, err, "not the folder of a stack", "only letters are in it")
}

func TestTheKeysHaveTheirUsualForm(t *testing.T) {
	s, err := openState(t.TempDir(), false)
	require.NoError(t, err)
	require.Regexp(t, `^SG\.[A-Z2-7]{66}$`, s.SendGridKey)
	require.Len(t, s.SendcloudKey, 32)
	require.GreaterOrEqual(t, len(s.LinkKey), 32)
	require.GreaterOrEqual(t, len(s.PayKey), 16)
	require.GreaterOrEqual(t, len(s.DigestKey), 32)
	_, err = codec.ParseKeys(s.CodecKey)
	require.NoError(t, err)
	require.Equal(t, codec.PlainRefused, s.CodecPlain)
}

func TestAnOlderStateGetsTheKeysThatItLacks(t *testing.T) {
	folder := t.TempDir()
	older := `{"sendgrid_key":"SG.kept","sendcloud_key":"kept","ports":{"temporal":7233}}`
	require.NoError(t, os.WriteFile(filepath.Join(folder, stateFile), []byte(older), 0o600))
	s, err := openState(folder, false)
	require.NoError(t, err)
	require.Equal(t, "SG.kept", s.SendGridKey)
	for _, made := range []string{s.PublicKey, s.SecretKey, s.EventKey, s.LinkKey, s.PayKey, s.DigestKey, s.SearchKey, s.CodecKey} {
		require.NotEmpty(t, made)
	}
	require.Equal(t, codec.PlainRead, s.CodecPlain, "its database is older than the key")
	require.NoError(t, s.write(folder))
	again, err := openState(folder, false)
	require.NoError(t, err)
	require.Equal(t, s, again)
}

func TestAFolderBelongsToOneStackAtATime(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	lock, err := lockFolder(folder)
	require.NoError(t, err)
	_, err = lockFolder(folder)
	require.ErrorContains(t, err, "stop it with Ctrl-C")
	require.NoError(t, lock.Close())
	lock, err = lockFolder(folder)
	require.NoError(t, err)
	require.NoError(t, lock.Close())
}

func TestAllPortsThatCannotBeUsedAreToldAtOnce(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address(0))
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	p := ports{Temporal: port, UI: 0, Ingress: 70_000, SendGrid: port}
	err = p.check()
	require.ErrorContains(t, err, "for Temporal, is taken")
	require.ErrorContains(t, err, "make run UI_PORT=8233")
	require.ErrorContains(t, err, "make run INGRESS_PORT=8080")
	require.ErrorContains(t, err, "for the stand-in for SendGrid, is taken")

	require.NoError(t, taken.Close())
	p = ports{Temporal: port, UI: port}
	require.ErrorContains(t, p.check(), "for Temporal's UI, is taken", "by Temporal itself")
}
