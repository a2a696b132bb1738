"""The chain client; the only package that knows web3, eth-tester and contract ABIs."""
