package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
)

func doctorCommand() *cobra.Command {
	var folder, waybill string
	cmd := &cobra.Command{
		Use:   "doctor [-- flags of waybill doctor]",
		Short: "Check a running stack, as waybill doctor checks a deployment",
		Long:  "Doctor runs \"waybill doctor\" with the settings of the stack's ingress and worker.",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := readState(folder)
			if err != nil {
				return fmt.Errorf("read the state of the stack (is it running? start it with: make run): %w", err)
			}
			ingress, worker, err := s.settings(filepath.Join(folder, policyFile))
			if err != nil {
				return err
			}
			check := exec.CommandContext(cmd.Context(), waybill, append([]string{"doctor"}, args...)...)
			check.Env = slices.Concat(os.Environ(), ingress, worker)
			check.Stdout, check.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			var ended *exec.ExitError
			if err := check.Run(); errors.As(err, &ended) {
				return fmt.Errorf("waybill doctor ended with %d", ended.ExitCode())
			} else if err != nil {
				return fmt.Errorf("run waybill doctor: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&waybill, "waybill", "bin/waybill", "the waybill `program` to run")
	cmd.Flags().StringVar(&folder, "state", ".devstack", "`folder` of the stack's state")
	return cmd
}
