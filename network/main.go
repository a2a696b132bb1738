// Command lading-node is a validator of Lading's reference network: CometBFT and the Cosmos EVM in one process.
//
// `lading network init` writes the folders that it runs on; it makes no keys, genesis or settings itself.
package main

import (
	"context"
	"fmt"
	"os"

	"cosmossdk.io/log/v2"
	cometconfig "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/client"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	evmserver "github.com/cosmos/evm/server"
	serverflags "github.com/cosmos/evm/server/flags"
	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{
		Use:           "lading-node",
		Short:         "A validator of Lading's reference network",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return readSettings(cmd)
		},
	}
	create := func(logger log.Logger, db dbm.DB, options servertypes.AppOptions) evmserver.Application {
		return newChain(logger, db, options)
	}
	root.AddCommand(evmserver.StartCmd(evmserver.NewDefaultStartOptions(create, ".")))
	if err := root.ExecuteContext(commandContext()); err != nil {
		fmt.Fprintln(os.Stderr, "lading-node:", err)
		os.Exit(1)
	}
}

// commandContext holds what the command fills in once it has read its settings.
func commandContext() context.Context {
	ctx := context.WithValue(context.Background(), client.ClientContextKey, &client.Context{})
	return context.WithValue(ctx, sdkserver.ServerContextKey, sdkserver.NewDefaultContext())
}

// readSettings reads config.toml and app.toml of the home, and makes the context in which the JSON-RPC server asks.
func readSettings(cmd *cobra.Command) error {
	if err := sdkserver.InterceptConfigsPreRunHandler(cmd, "", nil, cometconfig.DefaultConfig()); err != nil {
		return err
	}
	settings := sdkserver.GetServerContextFromCmd(cmd)
	encoding := newEncoding(settings.Viper.GetUint64(serverflags.EVMChainID))
	return client.SetCmdClientContextHandler(client.Context{}.
		WithCodec(encoding.Codec).
		WithInterfaceRegistry(encoding.InterfaceRegistry).
		WithTxConfig(encoding.TxConfig).
		WithLegacyAmino(encoding.Amino).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(settings.Config.RootDir).
		WithViper(""), cmd)
}
