"""`python -m zest_sandbox …`: the program itself, in this process's place."""
import os
import sys

from ._program import find_program


def main() -> int:
    try:
        program = find_program()
        os.execv(program, ["zest-sandbox", *sys.argv[1:]])
    except OSError as error:
        print(f"zest-sandbox: {error}", file=sys.stderr)
        return 126
    except RuntimeError as error:
        print(f"zest-sandbox: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
