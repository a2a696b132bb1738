package main

import (
	"crypto/ecdsa"
	"math/big"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	evmmempool "github.com/cosmos/evm/mempool"
	evmtypes "github.com/cosmos/evm/x/vm/types"
	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

var somewhere = common.HexToAddress("0xc0ffee")

// signed is a transaction of key that creates a contract, or calls one.
func signed(t *testing.T, key *ecdsa.PrivateKey, to *common.Address) *ethtypes.Transaction {
	t.Helper()
	signer := ethtypes.LatestSignerForChainID(big.NewInt(testChainID))
	transaction, err := ethtypes.SignNewTx(key, signer, &ethtypes.LegacyTx{To: to, Gas: 100_000, GasPrice: new(big.Int)})
	if err != nil {
		t.Fatal(err)
	}
	return transaction
}

// encoded is how a transaction comes from a peer.
func encoded(t *testing.T, transaction *ethtypes.Transaction) []byte {
	t.Helper()
	bytes, err := evmmempool.NewTxEncoder(testChain.encoding.TxConfig).EVMTx(transaction)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func newKey(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key, crypto.PubkeyToAddress(key.PublicKey).Hex()
}

func listed(addresses ...string) evmtypes.AccessControlType {
	return evmtypes.AccessControlType{AccessType: evmtypes.AccessTypePermissioned, AccessControlList: addresses}
}

func TestOnlyThoseOnTheListsAreAdmitted(t *testing.T) {
	creator, creatorAddress := newKey(t)
	sender, senderAddress := newKey(t)
	stranger, strangerAddress := newKey(t)
	lists := evmtypes.AccessControl{
		Create: listed(creatorAddress),
		Call:   listed(common.Address{}.Hex(), creatorAddress, senderAddress),
	}
	for _, each := range []struct {
		name   string
		key    *ecdsa.PrivateKey
		to     *common.Address
		reason string
	}{
		{"a creator creates", creator, nil, ""},
		{"a creator calls", creator, &somewhere, ""},
		{"a sender calls", sender, &somewhere, ""},
		{"a sender creates", sender, nil, senderAddress + " is not on the network's list of who may create"},
		{"a stranger calls", stranger, &somewhere, strangerAddress + " is not on the network's list of who may send"},
		{"a stranger creates", stranger, nil, strangerAddress + " is not on the network's list of who may create"},
	} {
		t.Run(each.name, func(t *testing.T) {
			err := admit(&lists, signed(t, each.key, each.to))
			if each.reason == "" && err != nil {
				t.Errorf("refused: %s", err)
			}
			if each.reason != "" && (err == nil || !strings.Contains(err.Error(), each.reason)) {
				t.Errorf("expected %q, found %v", each.reason, err)
			}
		})
	}
}

func TestEverybodyIsAdmittedWhereThereAreNoLists(t *testing.T) {
	stranger, _ := newKey(t)
	open := evmtypes.AccessControlType{AccessType: evmtypes.AccessTypePermissionless}
	if err := admit(&evmtypes.AccessControl{Create: open, Call: open}, signed(t, stranger, nil)); err != nil {
		t.Errorf("refused: %s", err)
	}
}

func TestATransactionOfAnotherChainIsNotAdmitted(t *testing.T) {
	key, address := newKey(t)
	elsewhere := ethtypes.LatestSignerForChainID(big.NewInt(testChainID + 1))
	transaction, err := ethtypes.SignNewTx(key, elsewhere, &ethtypes.LegacyTx{Gas: 100_000, GasPrice: new(big.Int)})
	if err != nil {
		t.Fatal(err)
	}
	if err := admit(&evmtypes.AccessControl{Create: listed(address), Call: listed(address)}, transaction); err == nil {
		t.Error("admitted")
	}
}

func TestMessagesOfOtherModulesAreRefused(t *testing.T) {
	builder := testChain.encoding.TxConfig.NewTxBuilder()
	for _, messages := range [][]sdk.Msg{nil, {&banktypes.MsgSend{}}, {&banktypes.MsgSend{}, &banktypes.MsgSend{}}} {
		if err := builder.SetMsgs(messages...); err != nil {
			t.Fatal(err)
		}
		if _, err := ethereumTransaction(builder.GetTx()); err == nil {
			t.Errorf("%d messages of the bank were taken", len(messages))
		}
	}
}

func TestWhatPeersPassOnIsTakenFromThoseOnTheListsAlone(t *testing.T) {
	stranger, _ := newKey(t)
	for _, each := range []struct {
		name string
		key  *ecdsa.PrivateKey
		code uint32
	}{
		{"the relayer's", testRelayer(t), abci.CodeTypeOK},
		{"a stranger's", stranger, evmmempool.CodeTypeNoRetry},
	} {
		t.Run(each.name, func(t *testing.T) {
			answer, err := testChain.InsertTx(&abci.RequestInsertTx{Tx: encoded(t, signed(t, each.key, &somewhere))})
			if err != nil {
				t.Fatal(err)
			}
			if answer.Code != each.code {
				t.Errorf("expected code %d, found %d", each.code, answer.Code)
			}
		})
	}
}

func TestTheConsensusEnginesOwnServerTakesNothingFromStrangers(t *testing.T) {
	stranger, address := newKey(t)
	answer, err := testChain.CheckTx(&abci.RequestCheckTx{Tx: encoded(t, signed(t, stranger, &somewhere)), Type: abci.CheckTxType_New})
	if err != nil {
		t.Fatal(err)
	}
	if answer.IsOK() || !strings.Contains(answer.Log, address) {
		t.Errorf("expected a refusal of %s, found code %d: %s", address, answer.Code, answer.Log)
	}
}

func TestAStrangersTransactionInABlockDoesNothing(t *testing.T) {
	stranger, _ := newKey(t)
	results := makeBlock(t, encoded(t, signed(t, stranger, nil)), encoded(t, signed(t, testRelayer(t), nil)))
	if results[0].IsOK() {
		t.Error("a validator let a stranger into its block, and the others ran it")
	}
	if results[1].IsErr() {
		t.Errorf("the relayer's did not run: %s", results[1].Log)
	}
	ctx, err := testChain.CreateQueryContext(0, false)
	if err != nil {
		t.Fatal(err)
	}
	if account := testChain.evm.GetAccount(ctx, crypto.PubkeyToAddress(stranger.PublicKey)); account != nil {
		t.Errorf("the stranger has an account now: nonce %d", account.Nonce)
	}
}
