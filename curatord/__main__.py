"""`python -m curatord`."""

from curatord.cli import main

if __name__ == "__main__":
    main()
