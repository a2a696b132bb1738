package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"cosmossdk.io/log/v2"
	abci "github.com/cometbft/cometbft/abci/types"
	cometproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/baseapp/txnrunner"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/runtime"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	evmencoding "github.com/cosmos/evm/encoding"
	evmaddress "github.com/cosmos/evm/encoding/address"
	evmserver "github.com/cosmos/evm/server"
	serverflags "github.com/cosmos/evm/server/flags"
	"github.com/cosmos/evm/x/feemarket"
	feemarketkeeper "github.com/cosmos/evm/x/feemarket/keeper"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	"github.com/cosmos/evm/x/vm"
	evmkeeper "github.com/cosmos/evm/x/vm/keeper"
	vmrunner "github.com/cosmos/evm/x/vm/runner"
	evmtypes "github.com/cosmos/evm/x/vm/types"
	"github.com/ethereum/go-ethereum/common"
	gethvm "github.com/ethereum/go-ethereum/core/vm"
	"github.com/spf13/cast"
)

const appName = "lading-node"

var _ evmserver.Application = (*chain)(nil)

// chain is the application that the validators agree on: accounts, balances, consensus parameters, fees and the EVM.
//
// Nobody has authority over its parameters: they are those of the genesis for as long as the network lives.
type chain struct {
	*baseapp.BaseApp

	encoding evmencoding.Config
	accounts authkeeper.AccountKeeper
	fees     feemarketkeeper.Keeper
	evm      *evmkeeper.Keeper
	modules  *module.Manager
	mempool  *admittingMempool

	pendingListeners []func(common.Hash)
}

// newChain opens the application on its database; it panics where the database or the settings cannot be used, which
// is how the server it runs in learns of it.
func newChain(logger log.Logger, db dbm.DB, options servertypes.AppOptions) *chain {
	chainID := cast.ToUint64(options.Get(serverflags.EVMChainID))
	encoding := newEncoding(chainID)
	decode := encoding.TxConfig.TxDecoder()
	base := baseapp.NewBaseApp(appName, logger, db, decode, sdkserver.DefaultBaseappOptions(options)...)
	base.SetInterfaceRegistry(encoding.InterfaceRegistry)
	base.SetTxEncoder(encoding.TxConfig.TxEncoder())

	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, consensustypes.StoreKey,
		feemarkettypes.StoreKey, evmtypes.StoreKey)
	objectKeys := storetypes.NewObjectStoreKeys(evmtypes.ObjectKey)
	nobody := authtypes.NewModuleAddress("nobody")

	c := &chain{BaseApp: base, encoding: encoding}
	parameters := consensuskeeper.NewKeeper(encoding.Codec, runtime.NewKVStoreService(keys[consensustypes.StoreKey]),
		nobody.String(), runtime.EventService{})
	base.SetParamStore(parameters.ParamsStore)
	prefix := sdk.GetConfig().GetBech32AccountAddrPrefix()
	c.accounts = authkeeper.NewAccountKeeper(encoding.Codec, runtime.NewKVStoreService(keys[authtypes.StoreKey]),
		authtypes.ProtoBaseAccount, moduleAccounts(), evmaddress.NewEvmCodec(prefix), prefix, nobody.String())
	balances := bankkeeper.NewBaseKeeper(encoding.Codec, runtime.NewKVStoreService(keys[banktypes.StoreKey]), c.accounts,
		blockedAddresses(), nobody.String(), logger)
	c.fees = feemarketkeeper.NewKeeper(encoding.Codec, nobody, keys[feemarkettypes.StoreKey])
	c.evm = evmkeeper.NewKeeper(encoding.Codec, keys[evmtypes.StoreKey], objectKeys[evmtypes.ObjectKey],
		evmStores(keys, objectKeys), nobody, c.accounts, balances, proposers{}, c.fees, &parameters, nil, chainID,
		cast.ToString(options.Get(serverflags.EVMTracer))).
		// Ethereum's own must be named too: the keeper stops the chain at a call of one that it was not given.
		WithStaticPrecompiles(maps.Clone(gethvm.PrecompiledContractsPrague))

	evmModule := vm.NewAppModule(c.evm, c.accounts, balances, c.accounts.AddressCodec())
	c.modules = module.NewManager(
		auth.NewAppModule(encoding.Codec, c.accounts, nil, nil),
		bank.NewAppModule(encoding.Codec, balances, c.accounts, nil),
		consensus.NewAppModule(encoding.Codec, parameters),
		feemarket.NewAppModule(c.fees),
		evmModule,
	)
	// Fees first in a block, for the EVM asks for the base fee; last at its end, when the gas of all is known.
	c.modules.SetOrderEndBlockers(banktypes.ModuleName, authtypes.ModuleName, consensustypes.ModuleName,
		evmtypes.ModuleName, feemarkettypes.ModuleName)
	services := module.NewConfigurator(encoding.Codec, base.MsgServiceRouter(), base.GRPCQueryRouter())
	if err := c.modules.RegisterServices(services); err != nil {
		panic(fmt.Errorf("the modules' services: %w", err))
	}

	base.MountKVStores(keys)
	base.MountObjectStores(objectKeys)
	base.SetInitChainer(c.initialise)
	base.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return c.modules.PreBlock(ctx)
	})
	base.SetBeginBlocker(c.modules.BeginBlock)
	base.SetEndBlocker(c.modules.EndBlock)
	base.SetAnteHandler(c.anteHandler(cast.ToUint64(options.Get(serverflags.EVMMaxTxGasWanted))))
	// Without this wrapper the logs of a block count from nought in each transaction.
	vmrunner.SetRunner(base, txnrunner.NewDefaultRunner(decode))
	c.openMempool(logger, options)

	if err := base.LoadLatestVersion(); err != nil {
		panic(fmt.Errorf("the newest state: %w", err))
	}
	// A node that starts again answers questions before its first block, which need the coin's decimals.
	evmModule.HydrateGlobals(base.NewContextLegacy(true, cometproto.Header{Height: base.LastBlockHeight(), ChainID: base.ChainID()}))
	return c
}

// newEncoding reads and writes the messages of the modules that the chain has.
func newEncoding(chainID uint64) evmencoding.Config {
	encoding := evmencoding.MakeConfig(chainID)
	module.NewBasicManager(auth.AppModuleBasic{}, bank.AppModuleBasic{}, consensus.AppModuleBasic{},
		feemarket.AppModuleBasic{}, vm.AppModuleBasic{}).RegisterInterfaces(encoding.InterfaceRegistry)
	return encoding
}

// moduleAccounts are the accounts that modules own, with what each may do to the coins there.
func moduleAccounts() map[string][]string {
	return map[string][]string{
		authtypes.FeeCollectorName: nil,
		evmtypes.ModuleName:        {authtypes.Minter, authtypes.Burner},
		feemarkettypes.ModuleName:  nil,
	}
}

// blockedAddresses are the modules' accounts: nothing is sent to them by mistake.
func blockedAddresses() map[string]bool {
	blocked := make(map[string]bool)
	for name := range moduleAccounts() {
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	return blocked
}

// evmStores are the stores that the EVM commits or reverts together with a call.
func evmStores(keys map[string]*storetypes.KVStoreKey, objectKeys map[string]*storetypes.ObjectStoreKey) []storetypes.StoreKey {
	stores := make([]storetypes.StoreKey, 0, len(keys)+len(objectKeys))
	for _, key := range keys {
		stores = append(stores, key)
	}
	for _, key := range objectKeys {
		stores = append(stores, key)
	}
	return stores
}

// initialise sets the state of the genesis. The validators are those that the genesis names, and stay so: the module
// manager's own way asks for a module that elects them.
func (c *chain) initialise(ctx sdk.Context, request *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state map[string]json.RawMessage
	if err := json.Unmarshal(request.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("app_state of the genesis: %w", err)
	}
	if len(request.Validators) == 0 {
		return nil, errors.New("the genesis names no validator")
	}
	for _, name := range c.modules.OrderInitGenesis {
		if state[name] == nil {
			continue
		}
		switch initial := c.modules.Modules[name].(type) {
		case module.HasGenesis:
			initial.InitGenesis(ctx, c.encoding.Codec, state[name])
		case module.HasABCIGenesis:
			initial.InitGenesis(ctx, c.encoding.Codec, state[name])
		default:
			return nil, fmt.Errorf("app_state of the genesis: module %s has no initial state", name)
		}
	}
	return &abci.ResponseInitChain{Validators: request.Validators}, nil
}

// GetMempool is where the JSON-RPC server puts what it is sent.
func (c *chain) GetMempool() sdkmempool.ExtMempool { return c.mempool }

// RegisterPendingTxListener adds one who is told the hash of each transaction that became pending.
func (c *chain) RegisterPendingTxListener(listener func(common.Hash)) {
	c.pendingListeners = append(c.pendingListeners, listener)
}

// RegisterTxService adds what the JSON-RPC server asks about transactions.
func (c *chain) RegisterTxService(clientCtx client.Context) {
	c.mempool.SetClientCtx(clientCtx)
	authtx.RegisterTxService(c.GRPCQueryRouter(), clientCtx, c.Simulate, c.encoding.InterfaceRegistry)
}

// RegisterTendermintService adds what it asks about blocks.
func (c *chain) RegisterTendermintService(clientCtx client.Context) {
	cmtservice.RegisterTendermintService(clientCtx, c.GRPCQueryRouter(), c.encoding.InterfaceRegistry, c.Query)
}

// RegisterNodeService adds what it asks about the node.
func (c *chain) RegisterNodeService(clientCtx client.Context, settings config.Config) {
	nodeservice.RegisterNodeService(clientCtx, c.GRPCQueryRouter(), settings, func() int64 {
		return c.CommitMultiStore().EarliestVersion()
	})
}

// RegisterAPIRoutes adds nothing: the network is asked over JSON-RPC alone.
func (c *chain) RegisterAPIRoutes(*api.Server, config.APIConfig) {}

// Close stops the mempool's workers, then closes the database.
func (c *chain) Close() error {
	return errors.Join(c.mempool.Close(), c.BaseApp.Close())
}
