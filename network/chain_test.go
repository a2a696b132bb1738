package main

import (
	"bytes"
	"crypto/ecdsa"
	"os"
	"testing"
	"time"

	"cosmossdk.io/log/v2"
	abci "github.com/cometbft/cometbft/abci/types"
	comettypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/client/flags"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	pruningtypes "github.com/cosmos/cosmos-sdk/store/v2/pruning/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	serverflags "github.com/cosmos/evm/server/flags"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/viper"
)

const testChainID = 77

// testChain stands for the whole run: the EVM's settings are global, and can be set once in a process.
var (
	testChain   *chain
	testGenesis *comettypes.GenesisDoc
)

func TestMain(m *testing.M) {
	options := viper.New()
	options.Set(flags.FlagChainID, "lading-77")
	options.Set(sdkserver.FlagPruning, pruningtypes.PruningOptionNothing)
	options.Set(serverflags.EVMChainID, testChainID)
	options.Set(serverflags.EVMMempoolInsertQueueSize, 100)
	testChain = newChain(log.NewNopLogger(), dbm.NewMemDB(), options)
	appGenesis, err := genutiltypes.AppGenesisFromFile("testdata/genesis.json")
	if err != nil {
		panic(err)
	}
	if testGenesis, err = appGenesis.ToGenesisDoc(); err != nil {
		panic(err)
	}
	params := testGenesis.ConsensusParams.ToProto()
	var validators []*comettypes.Validator
	for _, each := range testGenesis.Validators {
		validators = append(validators, comettypes.NewValidator(each.PubKey, each.Power))
	}
	if _, err := testChain.InitChain(&abci.RequestInitChain{
		ChainId:         testGenesis.ChainID,
		Time:            testGenesis.GenesisTime,
		InitialHeight:   1,
		ConsensusParams: &params,
		Validators:      comettypes.TM2PB.ValidatorUpdates(comettypes.NewValidatorSet(validators)),
		AppStateBytes:   testGenesis.AppState,
	}); err != nil {
		panic(err)
	}
	if _, err := nextBlock(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// testRelayer has the key that the genesis allows to create contracts.
func testRelayer(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := crypto.ToECDSA(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func makeBlock(t *testing.T, transactions ...[]byte) []*abci.ExecTxResult {
	t.Helper()
	results, err := nextBlock(transactions...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// nextBlock is what CometBFT does once the validators have agreed.
func nextBlock(transactions ...[]byte) ([]*abci.ExecTxResult, error) {
	height := testChain.LastBlockHeight() + 1
	block, err := testChain.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height:          height,
		Time:            testGenesis.GenesisTime.Add(time.Duration(height) * time.Second),
		ProposerAddress: testGenesis.Validators[0].Address,
		Txs:             transactions,
	})
	if err != nil {
		return nil, err
	}
	_, err = testChain.Commit()
	return block.TxResults, err
}

func TestTheGenesisNamesItsValidatorsAndGasIsFree(t *testing.T) {
	ctx, err := testChain.CreateQueryContext(0, false)
	if err != nil {
		t.Fatal(err)
	}
	if fees := testChain.fees.GetParams(ctx); !fees.NoBaseFee || !fees.MinGasPrice.IsZero() {
		t.Errorf("gas costs something: %s", fees.String())
	}
	if price := testChain.evm.GetBaseFee(ctx); price.Sign() != 0 {
		t.Errorf("the base fee is %s", price)
	}
}

func TestAGenesisWithoutValidatorsIsRefused(t *testing.T) {
	if _, err := testChain.initialise(sdk.Context{}, &abci.RequestInitChain{AppStateBytes: []byte("{}")}); err == nil {
		t.Error("taken")
	}
}

func TestTheProposerIsTheHolderOfTheConsensusKey(t *testing.T) {
	key := sdk.ConsAddress(testGenesis.Validators[0].Address)
	validator, err := proposers{}.GetValidatorByConsAddr(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	operator, err := proposers{}.ValidatorAddressCodec().StringToBytes(validator.GetOperator())
	if err != nil {
		t.Fatal(err)
	}
	if common.BytesToAddress(operator) != common.BytesToAddress(key) {
		t.Errorf("expected %x, found %x", key, operator)
	}
}
